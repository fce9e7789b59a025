"""Ctrl-C and SIGTERM at any moment: nothing left running, records kept, the run can be completed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lab.records.bodystore import PACK
from tests.integration.labcli import Run, command, environment, lab, processes_of, run_words
from tests.integration.rogue import make_root


def start(root: Path, reports: Path, *more: str) -> subprocess.Popen[str]:
    """A run of a slow gateway, left to go on."""
    return subprocess.Popen(
        command(*run_words(root, reports), *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )


def lines_of(path: Path) -> int:
    """Whole lines in a records file, 0 where there is none."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition: object, timeout_s: float = 60) -> None:
    """Wait until `condition()` is true."""
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_in_the_middle_can_be_completed(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """What was recorded stays as it was, what was missing is made, and no exchange is made twice."""
    root, reports = make_root(tmp_path, ["slow"]), tmp_path / "reports"
    process = start(root, reports, "--seed", "11", "--repeats", "3")
    exchanges = reports / "latest" / "exchanges.jsonl"
    wait_for(lambda: lines_of(exchanges) >= 5)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == code, output
    run = Run(reports)
    assert run.manifest.state == "interrupted"
    assert processes_of(run.manifest.run) == []
    kept = exchanges.read_bytes()
    assert 5 <= kept.count(b"\n") < 18
    assert (run.path / PACK).is_file()
    assert not (run.path / "bodies").exists()

    done = lab("run", "--resume", run.manifest.run, "--root", str(root), "--reports", str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    after = exchanges.read_bytes()
    assert after.startswith(kept)
    ids = [json.loads(line)["id"] for line in after.splitlines()]
    assert len(ids) == len(set(ids)) == 18
    finished = Run(reports).manifest
    assert (finished.state, finished.resumed) == ("finished", 1)
    assert {exchange.status for exchange in run.exchanges()} == {"completed"}
    assert all(run.store.body(exchange.request) for exchange in run.exchanges())
    assert not (run.path / "bodies").exists()


def test_a_run_that_is_stopped_while_systems_boot_leaves_nothing_running(tmp_path: Path) -> None:
    """The moment before the first record is no exception."""
    root, reports = make_root(tmp_path, ["never-healthy", "slow"]), tmp_path / "reports"
    process = start(root, reports)
    assert process.stdout is not None
    run_id = process.stdout.readline().split("run ")[1].split(",")[0]
    wait_for(lambda: processes_of(run_id))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert processes_of(run_id) == []


def test_a_run_that_is_stopped_as_soon_as_it_has_a_folder_is_completed_with_the_same_variants(
    tmp_path: Path,
) -> None:
    """From its first moment on the manifest says what is compared: nothing else may be started later."""
    root, reports = make_root(tmp_path, ["slow", "honest"]), tmp_path / "reports"
    process = start(root, reports, "--systems", "slow,direct", "--repeats", "1")
    wait_for((reports / "latest" / "manifest.json").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    run = Run(reports)
    assert {variant.name for variant in run.manifest.variants} == {"slow", "direct"}
    done = lab("run", "--resume", run.manifest.run, "--root", str(root), "--reports", str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {exchange.variant for exchange in run.exchanges()} == {"slow", "direct"}


def test_what_a_killed_run_left_is_removed_by_clean_and_the_run_can_be_completed(tmp_path: Path) -> None:
    """SIGKILL leaves processes behind; `lab clean` ends these and no others."""
    root, reports = make_root(tmp_path, ["slow"]), tmp_path / "reports"
    process = start(root, reports, "--repeats", "2")
    exchanges = reports / "latest" / "exchanges.jsonl"
    wait_for(lambda: lines_of(exchanges) >= 3)
    process.kill()
    process.communicate(timeout=30)
    run = Run(reports)
    assert processes_of(run.manifest.run)
    with exchanges.open("ab") as file:  # the last line of a killed run may be torn
        file.write(b'{"schema":1,"id":"r1-')
    cleaned = lab("clean", run.manifest.run)
    assert cleaned.returncode == 0, cleaned.stderr
    assert processes_of(run.manifest.run) == []
    done = lab("run", "--resume", str(run.path), "--root", str(root), "--reports", str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(run.exchanges()) == 12


def test_a_finished_run_cannot_be_resumed(tmp_path: Path) -> None:
    """Nothing is missing, so nothing may be added."""
    root, reports = make_root(tmp_path, []), tmp_path / "reports"
    assert lab(*run_words(root, reports)).returncode == 0
    run = Run(reports)
    done = lab("run", "--resume", run.manifest.run, "--root", str(root), "--reports", str(reports))
    assert done.returncode == 1
    assert "this run is finished" in done.stderr


@pytest.mark.parametrize(("file", "lines"), [("exchanges.jsonl", 6), ("report.html", 1)])
def test_signals_until_the_process_is_gone_leave_nothing_running(
    tmp_path: Path, file: str, lines: int
) -> None:
    """The last second of a run, to the end of the interpreter, is as safe as any other."""
    root, reports = make_root(tmp_path, ["honest"]), tmp_path / "reports"
    process = start(root, reports, "--repeats", "1")
    wait_for(lambda: lines_of(reports / "latest" / file) >= lines)
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    output, _ = process.communicate(timeout=1)
    assert process.returncode in {0, 130}, output
    assert processes_of(Run(reports).manifest.run) == []


def test_a_run_is_not_resumed_over_other_files(tmp_path: Path) -> None:
    """Two halves made from different scenarios would be one wrong report."""
    root, reports = make_root(tmp_path, ["slow"]), tmp_path / "reports"
    process = start(root, reports, "--repeats", "2")
    wait_for(lambda: lines_of(reports / "latest" / "exchanges.jsonl") >= 2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    suite = root / "configs" / "scenarios" / "tiny.yaml"
    suite.write_text(suite.read_text(encoding="utf-8").replace("colour", "animal"), encoding="utf-8")
    run = Run(reports)
    done = lab("run", "--resume", run.manifest.run, "--root", str(root), "--reports", str(reports))
    assert done.returncode == 1
    assert "configs/scenarios/tiny.yaml" in done.stderr
