"""The entry point: exit codes, and a signal that comes while the lab still loads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lab import __main__ as entry
from lab import cli
from lab.errors import ConfigError, LabError, UsageError
from tests.paths import ROOT

SIGNAL_WHILE_LOADING = """
import os, signal, sys

class Signals:
    def find_spec(self, name, path=None, target=None):
        if name == "lab.cli":
            os.kill(os.getpid(), signal.{})

sys.meta_path.insert(0, Signals())
from lab.__main__ import main
main()
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Code run by an interpreter of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=env, check=False
    )


@pytest.mark.parametrize(("signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_the_lab_loads_is_one_line_and_a_code(signal: str, code: int) -> None:
    """Loading takes the better part of a second, in which people press Ctrl-C."""
    done = python(SIGNAL_WHILE_LOADING.format(signal))
    assert done.stderr.splitlines() == ["interrupted; everything is stopped, records are kept"]
    assert done.returncode == code


def test_nothing_heavy_is_loaded_before_signals_are_caught() -> None:
    """What is loaded with the entry point is loaded before it can catch anything."""
    heavy = "{'rich', 'typer', 'pydantic', 'httpx', 'lab.cli'}"
    done = python(f"import sys, lab.__main__; print(sorted({heavy} & set(sys.modules)))")
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("unknown suite: cor", next_step="did you mean core?"), 2),
        (ConfigError("configs/lab.yaml:3: repeats: wrong", next_step="correct the value"), 1),
    ],
)
def test_wrong_usage_has_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: LabError, code: int
) -> None:
    """A script can tell a mistyped name from a lab that failed."""

    def fails() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fails)
    monkeypatch.setattr(entry, "catch", lambda: None)
    monkeypatch.setattr(entry, "ignore", lambda: None)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == code
    printed = capsys.readouterr().err
    assert error.message in printed
    assert error.next_step in printed


def tools(folder: Path, names: Sequence[str]) -> Path:
    """A folder that holds these programs of the machine and no others."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        (folder / name).symlink_to(found)
    return folder


def test_make_help_says_a_sentence_for_each_target_with_little_installed(tmp_path: Path) -> None:
    """A newcomer's machine need not have `column`."""
    path = tools(tmp_path / "bin", ["make", "awk"])
    done = subprocess.run(
        [str(path / "make"), "-s", "help"], capture_output=True, text=True, cwd=ROOT,
        env={"PATH": str(path)}, timeout=60, check=True,
    )  # fmt: skip
    phony = next(
        line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if line.startswith(".PHONY")
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == phony.removeprefix(".PHONY:").split()
    assert {line[:15].rstrip() == f"  {line.split()[0]}" and line[15] != " " for line in lines} == {True}
