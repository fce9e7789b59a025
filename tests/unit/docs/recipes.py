"""The recipes of CONTRIBUTING.md as they stand there: files with their paths, and commands."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT

_FILE = re.compile(r"(Write|Add to)\s+`([^`]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMANDS = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def recipe(heading: str) -> str:
    """The text under one heading."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def files(heading: str) -> Iterator[tuple[str, str, str]]:
    """What a recipe says to write or to add to: how, the path, and the text."""
    yield from _FILE.findall(recipe(heading))


def follow(heading: str, root: Path) -> list[str]:
    """Do what a recipe says with files below `root`; returns their paths."""
    done = []
    for how, name, text in files(heading):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text("utf-8") + "\n\n" if how == "Add to" else ""
        path.write_text(before + text, "utf-8")
        done.append(name)
    return done


def commands(heading: str) -> list[list[str]]:
    """The commands that a recipe says to try, word by word."""
    lines = [line for block in _COMMANDS.findall(recipe(heading)) for line in block.splitlines()]
    return [line.removeprefix("$ ").partition("  #")[0].split() for line in lines]


def copy_of(tmp_path: Path, *folders: str) -> Path:
    """A place with copies of these folders of the repository."""
    root = tmp_path / "repository"
    for folder in folders:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root
