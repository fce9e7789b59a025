"""`lab run --scenarios DIR`: a folder of one's own prompts, alone or beside suites, and resumed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.integration.labcli import Run, lab, run_words
from tests.integration.rogue import make_root


def own_folder(tmp_path: Path) -> Path:
    """Two prompts, one of which is worded in two ways."""
    folder = tmp_path / "Mine"
    folder.mkdir()
    (folder / "fish.txt").write_text("Name a fish that lives in rivers.\n", encoding="utf-8")
    (folder / "tree.yaml").write_text(
        "prompt: Name a tree.\nperturbations: [A tree please.]\n", encoding="utf-8"
    )
    return folder


def test_own_prompts_run_alone_or_beside_a_suite(tmp_path: Path) -> None:
    """They are asked word for word; what the run's folder keeps of them is what was sent."""
    root, reports, folder = make_root(tmp_path, []), tmp_path / "reports", own_folder(tmp_path)
    words = (*run_words(root, reports), "--scenarios", str(folder), "--repeats", "1")
    assert lab(*words).returncode == 0
    run = Run(reports)
    assert (run.manifest.suites, run.manifest.scenarios_suite) == (("mine",), "mine")
    assert run.manifest.suite_titles == {"mine": "Own prompts in Mine"}
    asked = {exchange.scenario: exchange for exchange in run.exchanges()}
    assert set(asked) == {"fish", "tree"}  # direct does not route, so no wording is asked of it
    body = json.loads(run.store.body(asked["fish"].request))
    assert body["messages"] == [{"role": "user", "content": "Name a fish that lives in rivers."}]
    assert {exchange.status for exchange in asked.values()} == {"completed"}

    assert lab(*words, "--suite", "tiny").returncode == 0
    assert Run(reports).manifest.suites == ("tiny", "mine")


def test_a_resumed_run_finds_its_own_prompts_and_refuses_changed_ones(tmp_path: Path) -> None:
    """By the manifest, or where --scenarios says they are now."""
    root, reports, folder = make_root(tmp_path, []), tmp_path / "reports", own_folder(tmp_path)
    assert lab(*run_words(root, reports), "--scenarios", str(folder), "--repeats", "2").returncode == 0
    run = Run(reports)
    interrupt(run)
    again = ("run", "--resume", run.manifest.run, "--root", str(root), "--reports", str(reports))

    text = (folder / "fish.txt").read_text(encoding="utf-8")
    (folder / "fish.txt").write_text("Name a bird.\n", encoding="utf-8")
    changed = lab(*again)
    assert changed.returncode == 1
    assert "own prompts: fish.txt" in changed.stderr
    (folder / "fish.txt").write_text(text, encoding="utf-8")

    moved = tmp_path / "Elsewhere"
    shutil.move(folder, moved)
    gone = lab(*again)
    assert gone.returncode == 1
    assert "own prompts are not there any more" in gone.stderr
    assert "--scenarios" in gone.stderr

    done = lab(*again, "--scenarios", str(moved))
    assert done.returncode == 0, done.stdout + done.stderr
    after = Run(reports)
    assert (after.manifest.state, after.manifest.suites) == ("finished", ("mine",))
    assert len({exchange.id for exchange in after.exchanges()}) == len(after.exchanges()) == 4


def interrupt(run: Run) -> None:
    """Make a finished run look as if it had been stopped before its last exchange."""
    records = run.path / "exchanges.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    lost = json.loads(lines[-1])["id"]
    records.write_bytes(b"".join(lines[:-1]))
    upstream = run.path / "upstream.jsonl"
    kept = [line for line in upstream.read_bytes().splitlines(keepends=True) if lost.encode() not in line]
    upstream.write_bytes(b"".join(kept))
    manifest = json.loads((run.path / "manifest.json").read_bytes()) | {
        "state": "interrupted",
        "finished_at": None,
    }
    (run.path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_folder_that_cannot_be_a_suite_is_said_before_anything_starts(tmp_path: Path) -> None:
    """With the file and the next step, and no traceback."""
    root, folder = make_root(tmp_path, []), own_folder(tmp_path)
    (folder / "bad.yaml").write_text("promt: x\n", encoding="utf-8")
    done = lab(*run_words(root, tmp_path / "reports"), "--scenarios", str(folder))
    assert done.returncode == 1
    message = done.stderr.replace("\n", " ")
    assert "bad.yaml:1: promt: unknown key" in message
    assert "next:" in message
    assert not (tmp_path / "reports").exists()
