"""Bad input on the command line and in files: a clear message that names file, key and next step."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.labcli import environment, lab
from tests.integration.rogue import make_root
from tests.paths import ROOT


def failed(*words: str, code: int = 1, **changes: str) -> str:
    """What `lab` prints to standard error when it fails with this code; never a traceback."""
    done = lab(*words, env=environment(**changes))
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (("run", "--systems", "litelm"), 2, ("unknown system or variant: litelm", "did you mean litellm?")),
        (("run", "--engine", "dokcer"), 2, ("--engine", "dokcer", "docker", "host")),
        (("run", "--upstream", "olama"), 2, ("--upstream", "olama", "ollama", "scripted")),
        (("run", "--wire", "opnai"), 2, ("--wire", "opnai", "openai", "anthropic")),
        (("run", "--suite", "cor"), 2, ("unknown suite: cor", "core")),
        (("run", "--only", ","), 2, ("--only names nothing", "leave the option out")),
        (("run", "--failed", ""), 2, ("--failed names nothing", "leave the option out")),
        (("run", "--only", "s1"), 2, ("no scenario matches s1", "did you mean S1?")),
        (("run", "--failed", "no-such-run"), 1, ("no run of that name: no-such-run", "lab list")),
        (("run", "--resume", "20200101-000000-aaaa"), 1, ("20200101-000000-aaaa",)),
        (("report", "no-such-run"), 1, ("no run of that name: no-such-run", "lab list")),
        (
            ("run", "--engine", "host", "--upstream", "cloud", "--systems", "direct"),
            2,
            ("no provider key is set",),
        ),
    ],
)
def test_a_wrong_name_is_refused_with_the_next_step(
    words: tuple[str, ...], code: int, parts: tuple[str, ...]
) -> None:
    """Nothing starts, and the nearest name is suggested; wrong usage has an exit code of its own."""
    keys = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "MOONSHOT_API_KEY", "AZURE_API_KEY"), "")
    message = failed(*words, code=code, **keys)
    for part in parts:
        assert part in message


def test_reports_that_cannot_be_kept_are_said_before_anything_starts(tmp_path: Path) -> None:
    """A file where the folder should be; there is no run yet that could be resumed."""
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    done = lab("run", "--engine", "host", "--systems", "direct", "--reports", str(file), env=environment())
    assert (done.returncode, done.stdout) == (1, "")
    assert "no run can be kept there: this is not a folder" in done.stderr
    assert "--resume" not in done.stderr


def test_wrong_options_exit_with_two() -> None:
    """As every command line does."""
    failed("run", "--repeats", "0", code=2)
    failed("run", "--no-such-option", code=2)


Edit = Callable[[Path], None]


def replace(path: str, old: str, new: str) -> Edit:
    """An edit of one file under the root; the old text must be there."""

    def edit(root: Path) -> None:
        file = root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (replace("configs/lab.yaml", "repeats:", "repeets:"), ("configs/lab.yaml", "repeets", "repeats")),
        (replace("configs/lab.yaml", "repeats: 2", "repeats: many"), ("configs/lab.yaml", "repeats")),
        (lambda root: (root / "configs/lab.yaml").unlink(), ("configs/lab.yaml", "no such file")),
        (
            replace("compose/rogue/compose.yaml", "ports:", "gpus: all\n    ports:"),
            ("compose/rogue/compose.yaml:", "gpus"),
        ),
        (
            replace("compose/rogue/compose.yaml", "${ROGUE_MODE:-honest}", "${ROGUE_TONE:?say how}"),
            ("compose/rogue/compose.yaml", "ROGUE_TONE", "say how"),
        ),
        (lambda root: shutil.rmtree(root / "compose/rogue"), ("compose/rogue/compose.yaml",)),
        (
            replace("configs/scenarios/tiny.yaml", "class: plain", "class: plian"),
            ("configs/scenarios/tiny.yaml", "plian", "plain"),
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, edit: Edit, parts: tuple[str, ...]) -> None:
    """Before anything starts, whatever the file."""
    root = make_root(tmp_path, ["honest"])
    edit(root)
    words = ("run", "--root", str(root), "--reports", str(tmp_path / "reports"), "--engine", "host")
    done = lab(*words, "--upstream", "scripted")
    message = (done.stderr + done.stdout).replace("\n", " ")
    assert "Traceback" not in message
    for part in parts:
        assert part in message


def test_a_docker_socket_that_is_absent_is_named() -> None:
    """With `--engine docker` that is an error; with auto the host engine takes over and says why."""
    message = failed(
        "run", "--engine", "docker", "--systems", "direct", DOCKER_HOST="unix:///nonexistent/docker.sock"
    )
    assert "/nonexistent/docker.sock" in message
    assert "next:" in message


def test_a_foreign_records_file_is_refused_with_its_line(tmp_path: Path) -> None:
    """A report over somebody else's lines would be a wrong report."""
    root, reports = make_root(tmp_path, []), tmp_path / "reports"
    words = (
        "run",
        "--root",
        str(root),
        "--reports",
        str(reports),
        "--engine",
        "host",
        "--upstream",
        "scripted",
    )
    assert lab(*words).returncode == 0
    records = reports / "latest" / "exchanges.jsonl"
    with records.open("a", encoding="utf-8") as file:
        file.write('{"event": "something else"}\n')
    message = failed("report", str((reports / "latest").resolve())).replace("\n", " ")
    assert "exchanges.jsonl:7" in message
    assert "next:" in message


def test_strict_makes_an_unavailable_system_an_error(tmp_path: Path) -> None:
    """Without --strict the same comparison is a success."""
    root = make_root(tmp_path, ["crash"])
    words = ("run", "--root", str(root), "--reports", str(tmp_path / "reports"), "--engine", "host")
    assert lab(*words, "--upstream", "scripted").returncode == 0
    assert lab(*words, "--upstream", "scripted", "--strict").returncode == 3


def test_help_of_every_command_is_there_and_version_names_the_libraries() -> None:
    """A newcomer finds the next step without the README."""
    for words in ((), ("run",), ("report",), ("list",), ("doctor",), ("clean",), ("version",)):
        done = lab(*words, "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout
    printed = lab("version").stdout
    assert "toktok-rs" in printed
    assert "genai-prices" in printed


def test_list_shows_systems_suites_and_runs() -> None:
    """Names that `lab run` takes."""
    printed = lab("list", "--root", str(ROOT)).stdout
    for name in ("litellm-router", "portkey", "lynkr", "core"):
        assert name in printed
