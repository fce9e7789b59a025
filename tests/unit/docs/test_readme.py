"""README and the pages beside it say what the code does: suites, commands, variables, codes, targets."""

from __future__ import annotations

import ast
import fnmatch
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.core import TyperGroup

from lab import __main__ as entry
from lab import cli
from lab.engines.docker.images import BASE_DEFAULTS
from lab.errors import ConfigError, UsageError
from lab.interrupts import Interrupted
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.names import EngineName, StreamChoice, UpstreamMode, WireChoice
from lab.run.commands import STRICT_FAILED
from tests.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("compose/*/README.md"))
}
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# Texts of the code that are spelled like variables: names it exports, a quantization, a word of an error.
NO_VARIABLES = {"CLIENT_KINDS", "HOST_VARIABLES", "Q4_0", "YOUR_KEY"}
IN_WORDS = {9: "nine", 11: "eleven", 12: "twelve", 13: "thirteen"}


def table(heads: str, text: str = README) -> dict[str, list[str]]:
    """The rows of the table with these heads: the first cell without its marks, and the others."""
    lines = text.splitlines()
    begin = lines.index(heads) + 2
    found: dict[str, list[str]] = {}
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split(" | "))
        found[first.strip("` ")] = others
    return found


# Suites


def test_the_table_of_suites_is_that_of_the_files() -> None:
    """Every suite with the number of scenarios that it has, perturbations included."""
    stated = {name: int(cells[0]) for name, cells in table("| suite | scenarios | what it shows |").items()}
    assert stated == {suite.suite: len(suite.scenarios) for suite in load_suites(ROOT, ["all"])}


def test_numbers_in_the_words_about_suites_are_true() -> None:
    """What is counted in a sentence is counted here."""
    rows = table("| suite | scenarios | what it shows |")
    suites = {suite.suite: suite for suite in load_suites(ROOT, ["all"])}
    prompts = [one for one in suites["routing"].scenarios if one.relation is None and one.in_pass == 0]
    families = {one.class_ for one in prompts}
    assert f"{len(prompts)} prompts of {IN_WORDS[len(families)]} families" in rows["routing"][1]
    same = [one for one in suites["core"].scenarios if one.valid]
    assert f"the {IN_WORDS[len(same)]} scenarios of the vendor benchmark" in rows["core"][1]
    assert load_lab(ROOT).repeats == 3
    assert "sends the core suite, three times" in README.replace("\n", " ")


def test_every_system_is_named() -> None:
    """What can be compared is what a reader chooses by."""
    systems = load_systems(ROOT)
    assert len(systems) >= 5
    for system in systems.values():
        assert system.title in README or f"`{system.system}`" in README


# Commands, options, codes


def commands() -> dict[str, Any]:
    """The commands of the command line."""
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    return dict(group.commands)


def test_the_commands_are_those_of_the_command_line() -> None:
    """None is left out, and none is promised that is not there."""
    listed = set(re.findall(r"^\| `lab (\w+)", README, re.MULTILINE))
    assert listed == set(commands())


def test_every_option_named_is_one() -> None:
    """Of `lab`, or of what the Makefile passes on to."""
    options = {name for command in commands().values() for option in command.params for name in option.opts}
    options |= {"--help", "--force", "--mirror"}  # --force and --mirror: make base-images
    assert any("--" in line for line in code_of(README))
    for page, text in PAGES.items():
        named = {name for line in code_of(text) if "lab" in line for name in re.findall(r"--[a-z]+", line)}
        assert named <= options, page
    assert set(re.findall(r"`(--[a-z]+)", README)) <= options


def code_of(text: str) -> list[str]:
    """The pieces of a page that are written as code and begin a command of ours."""
    pieces = re.findall(r"`([^`\n]+)`", text) + text.splitlines()
    return [one for one in pieces if re.match(r"(\$ )?(make lab|\.venv/bin/lab|lab) ", one.strip())]


def test_the_values_of_options_are_those_that_the_code_takes() -> None:
    """Engines, upstream modes and wires, each one named."""
    text = README.replace("`--engine docker`", "`docker`").replace("`--upstream scripted`", "`scripted`")
    for name in (*get_args(EngineName), *get_args(UpstreamMode)):
        assert re.search(rf"`(--\w+ )?{name}`", text), name
    named = {f"--wire {name}" for name in get_args(WireChoice)}
    assert (
        named >= set(re.findall(r"--wire \w+", README)) >= {"--wire all", "--wire chat", "--wire responses"}
    )
    streams = {f"--stream {name}" for name in get_args(StreamChoice)}
    assert streams >= set(re.findall(r"--stream [\w-]+", README))


@pytest.mark.parametrize(
    ("ending", "code", "word"),
    [
        (ConfigError("a key is wrong"), 1, "error"),
        (UsageError("no such suite"), 2, "usage"),
        (Interrupted(signal.SIGHUP), 129, "SIGHUP"),
        (Interrupted(signal.SIGINT), 130, "Ctrl-C"),
        (Interrupted(signal.SIGTERM), 143, "SIGTERM"),
        (SystemExit(STRICT_FAILED), 3, "--strict"),
        (SystemExit(0), 0, "finished"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else None,
)
def test_exit_codes_are_those_of_the_table(
    monkeypatch: pytest.MonkeyPatch, ending: BaseException, code: int, word: str
) -> None:
    """Each way to end is tried, and its code looked up."""

    def end() -> None:
        raise ending

    monkeypatch.setattr(cli, "app", end)
    monkeypatch.setattr(entry, "catch", lambda: None)
    monkeypatch.setattr(entry, "ignore", lambda: None)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == code
    codes = table("| exit code | when |")
    assert word in codes[str(code)][0]
    assert set(codes) == {"0", "1", "2", "3", "129", "130", "143"}


# Variables


def in_strings(path: Path) -> Iterator[str]:
    """Names spelled like variables in the texts of a module, docstrings apart."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from VARIABLE.findall(node.value)


def read_variables() -> set[str]:
    """Every variable that the lab, its compose files or its configurations read or set."""
    found = {name for path in (ROOT / "lab").rglob("*.py") for name in in_strings(path)} - NO_VARIABLES
    for path in (ROOT / "compose").rglob("*.y*ml"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r"\$\{([A-Z][A-Z0-9_]+)", text)) | set(re.findall(r"\bLAB_[A-Z_]+", text))
        found |= set(re.findall(r"variable: ([A-Z_]+)", text))
    for path in (ROOT / "configs").rglob("*.yaml"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r"\bLAB_[A-Z_]+", text)) | set(re.findall(r"key_env: ([A-Z_]+)", text))
    return found - {"HOME"}


def documented(text: str) -> set[str]:
    """Variables that stand alone as code on a page."""
    return {name for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", text) if VARIABLE.fullmatch(name)}


def test_every_variable_is_on_a_page() -> None:
    """What the code reads is said in README or in docs/variables.md."""
    assert len(read_variables()) > 20
    assert read_variables() - documented(README) - documented(PAGES["docs/variables.md"]) == set()


def test_no_page_names_a_variable_that_nobody_reads() -> None:
    """What is said to have an effect has one."""
    assert len(documented(README)) > 5
    for page in ("README.md", "docs/variables.md", "CONTRIBUTING.md"):
        assert documented(PAGES[page]) - read_variables() == set(), page


def test_readme_s_variables_say_the_same_as_the_page_of_all() -> None:
    """Two tables, one meaning."""
    every = table("| variable | effect |", PAGES["docs/variables.md"])
    shown = table("| variable | effect |")
    assert len(shown) > 3
    for names, (effect,) in shown.items():
        assert names in every
        assert every[names][0].startswith(effect.split(";")[0].rstrip("."))
    for image in BASE_DEFAULTS.values():
        assert f"`{image}`" in every["PYTHON_IMAGE`, `NODE_IMAGE"][0]


# Files and targets


def targets() -> set[str]:
    """The targets of the Makefile."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", text, flags=re.MULTILINE))


def test_every_target_named_is_one() -> None:
    """On every page, as code."""
    assert "lab" in targets()
    for page, text in PAGES.items():
        named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", text)) - {"-s"}
        assert named <= targets(), page


def test_the_table_of_a_run_s_files_is_what_a_run_holds() -> None:
    """Every file and folder of the sample is in the table, and every name there is in the sample."""
    rows = table("| file in `reports/<run>/` | what it holds |")
    named = {name.strip("` /") for cell in rows for name in cell.split(",")}
    sample = [path.name for path in (ROOT / "reports" / "sample").iterdir()]
    unused = {name for name in named if not fnmatch.filter(sample, name)}
    unnamed = {one for one in sample if not any(fnmatch.fnmatch(one, name) for name in named)}
    assert (unused, unnamed) == (set(), set())


def test_every_link_to_a_file_leads_to_one() -> None:
    """From each page, relative to it."""
    links = [
        (page, link)
        for page, text in PAGES.items()
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        if not re.match(r"https?:", link)
    ]
    assert len(links) > 5
    for page, link in links:
        assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"
