"""A project root whose systems are `direct` and the lying gateway, with the project's own suites."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.paths import ROOT

HERE = Path(__file__).resolve().parent
# The parser in C takes a tenth of the time; every suite is read and written for every run.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Liar:
    """A variant of the lying gateway: the lies it tells together, and what it says it is."""

    lies: tuple[str, ...]
    routes: bool = False
    cache: str = "none"
    threshold: float | None = None

    @property
    def keeps_state(self) -> bool:
        """Whether it remembers answers, and so must be started afresh before every pass."""
        return any(lie.startswith("cache") for lie in self.lies)


def make_liars_root(
    folder: Path,
    liars: Mapping[str, Liar],
    scenarios: Mapping[str, Collection[str] | None],
) -> Path:
    """A root with `direct`, these liars, and these suites, each cut to the scenarios named (None: all)."""
    root = folder / "root"
    shutil.copytree(ROOT / "configs", root / "configs")
    shutil.copytree(ROOT / "compose" / "meter", root / "compose" / "meter")
    shutil.copytree(HERE, root / "compose" / "rogue", ignore=shutil.ignore_patterns("__*"))
    for path in (root / "configs" / "systems").glob("*.yaml"):
        if path.stem != "direct":
            path.unlink()
    _write(root / "configs" / "systems" / "rogue.yaml", _system(liars))
    lab = _read(root / "configs" / "lab.yaml")
    lab |= {"variants": ["direct", *liars], "suites": list(scenarios), "repeats": 1}
    lab["limits"] |= {"exchange_timeout_s": 20, "attempts": 2, "backoff_s": 0.01}
    _write(root / "configs" / "lab.yaml", lab)
    for path in (root / "configs" / "scenarios").glob("*.yaml"):
        if path.stem not in scenarios:
            path.unlink()
    for suite, ids in scenarios.items():
        if ids is not None:
            _cut(root / "configs" / "scenarios" / f"{suite}.yaml", ids)
    return root


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - it is a safe loader


def _write(path: Path, data: object) -> None:
    text = yaml.dump(data, Dumper=DUMPER, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def _cut(path: Path, ids: Collection[str]) -> None:
    """Leave only these scenarios in a suite; a name that it does not have is an error."""
    suite = _read(path)
    missing = set(ids) - {scenario["id"] for scenario in suite["scenarios"]}
    if missing:
        raise ValueError(f"{path.name} has no scenario {', '.join(sorted(missing))}")
    suite["scenarios"] = [scenario for scenario in suite["scenarios"] if scenario["id"] in ids]
    _write(path, suite)


def _system(liars: Mapping[str, Liar]) -> dict[str, object]:
    return {
        "system": "rogue",
        "title": "Rogue gateway",
        "kind": "gateway",
        "compose": "compose/rogue/gateway.yaml",
        "wires": {
            "anthropic": {
                "path": "/v1/messages",
                "headers": {"x-api-key": "${client_key}", "anthropic-version": "2023-06-01"},
            },
            "openai": {"path": "/v1/chat/completions", "headers": {"authorization": "Bearer ${client_key}"}},
        },
        "states": {"tier": "x-rogue-tier", "cache": "x-rogue-cache"},
        "variants": {name: _variant(name, liar) for name, liar in liars.items()},
    }


def _variant(name: str, liar: Liar) -> dict[str, Any]:
    cached = {"cache": liar.cache, "cache_threshold": liar.threshold} if liar.cache != "none" else {}
    return {
        "title": f"rogue, {name}",
        "vendor_defaults": True,
        "model": "claude-sonnet-4-5",
        "instance": "rogue-cache" if liar.keeps_state else "rogue",
        "routes": liar.routes,
        "env": {"ROGUE_KEEPS": "true" if liar.keeps_state else "false"},
        "headers": {
            "x-rogue-caller": "${variant}",
            "x-rogue-tier": "${tier}",
            "x-rogue-lies": ",".join(liar.lies),
        },
        **cached,
    }
