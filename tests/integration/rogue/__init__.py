"""A project root in a temporary folder whose systems are rogue gateways on the host engine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.paths import ROOT

HERE = Path(__file__).resolve().parent
ANSWER = {"text": "An answer."}


def make_root(folder: Path, modes: Sequence[str]) -> Path:
    """A root with `direct` and a variant for each mode, and a suite of three short scenarios."""
    root = folder / "root"
    shutil.copytree(ROOT / "configs", root / "configs")
    (root / "compose").mkdir()
    shutil.copytree(ROOT / "compose" / "meter", root / "compose" / "meter")
    shutil.copytree(HERE, root / "compose" / "rogue", ignore=shutil.ignore_patterns("__*"))
    for path in (root / "configs" / "systems").glob("*.yaml"):
        if path.stem != "direct":
            path.unlink()
    if modes:
        write(root / "configs" / "systems" / "rogue.yaml", _system(modes))
    lab = yaml.safe_load((root / "configs" / "lab.yaml").read_text(encoding="utf-8"))
    lab |= {"variants": ["direct", *modes], "suites": ["tiny"], "repeats": 2}
    lab["limits"] |= {"exchange_timeout_s": 5, "attempts": 2, "backoff_s": 0.01, "max_answer_mb": 4}
    write(root / "configs" / "lab.yaml", lab)
    for path in (root / "configs" / "scenarios").glob("*.yaml"):
        path.unlink()
    write(root / "configs" / "scenarios" / "tiny.yaml", _suite())
    return root


def write(path: Path, data: object) -> None:
    """Write `data` as YAML."""
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _system(modes: Sequence[str]) -> dict[str, object]:
    return {
        "system": "rogue",
        "title": "Rogue gateway",
        "kind": "gateway",
        "compose": "compose/rogue/compose.yaml",
        "wires": {
            "anthropic": {
                "path": "/v1/messages",
                "headers": {"x-api-key": "sk-rogue", "anthropic-version": "2023-06-01"},
            }
        },
        "variants": {
            mode: {
                "title": f"rogue, {mode}",
                "vendor_defaults": True,
                "model": "claude-sonnet-4-5",
                "env": {"ROGUE_MODE": mode},
            }
            for mode in modes
        },
    }


def _suite() -> dict[str, object]:
    def ask(name: str, text: str, **more: object) -> dict[str, object]:
        scenario = {"id": name, "title": name, "looks_at": "plain", "class": "plain", "max_tokens": 64}
        return {**scenario, "messages": [{"role": "user", "content": text}], **more}

    return {
        "suite": "tiny",
        "title": "Three short questions",
        "answer": ANSWER,
        "classes": {"plain": "Plain questions"},
        "scenarios": [
            ask("A", "What is two plus two?"),
            ask("B1", "Name a colour.", sequence="pair"),
            ask("B2", "Name another colour.", sequence="pair"),
        ],
    }
