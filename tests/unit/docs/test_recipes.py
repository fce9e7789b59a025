"""The recipes of CONTRIBUTING.md for a check and a topic work word for word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson

from tests.paths import ROOT
from tests.unit.docs.recipes import commands, copy_of, files, follow


def python(root: Path, *words: str) -> str:
    """Run the Python of a copy of the repository; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *words], cwd=root, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_check_is_one_function(tmp_path: Path) -> None:
    """Added and tested as the recipe says."""
    root = copy_of(tmp_path, "lab", "tests")
    added, test = follow("A check", root)
    assert added == "lab/checks/requests.py"
    assert "3 passed" in python(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)


def test_a_topic_is_one_folder_and_one_line_of_registration(tmp_path: Path) -> None:
    """It is in results.json and in the report, beside all others, after a run is rendered again."""
    root = copy_of(tmp_path, "lab", "reports")
    written = follow("A topic", root)
    assert {Path(name).parent.as_posix() for name in written} == {"lab/topics/lengths"}
    registry = root / "lab" / "topics" / "__init__.py"
    text = registry.read_text("utf-8")
    assert text.count('    "verdicts",\n') == 1
    registry.write_text(text.replace('    "verdicts",\n', '    "verdicts",\n    "lengths",\n'), "utf-8")

    copied, rendered = commands("A topic")
    assert copied[0] == "cp"
    subprocess.run(copied, cwd=root, check=True)
    assert rendered[0] == ".venv/bin/lab"
    python(root, "-m", "lab", *rendered[1:])
    results = orjson.loads((root / "reports" / "try" / "results.json").read_bytes())
    rows = {row["variant"]: row for row in results["lengths"]["rows"]}
    asked = [
        cell for cell in results["cells"] if cell["variant"] == "direct" and cell["tokens"]["out"] is not None
    ]
    assert rows["direct"]["n"] == sum(cell["completed"] for cell in asked) > 20
    assert "How long answers are" in (root / "reports" / "try" / "report.html").read_text("utf-8")
    assert "How long answers are" in (root / "reports" / "try" / "report.md").read_text("utf-8")


def test_code_of_recipes_is_in_the_project_s_style(tmp_path: Path) -> None:
    """What is copied from here passes `make lint`."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for heading in ("A gateway", "A check", "A topic"):
        for how, name, text in files(heading):
            if how == "Write" and name.endswith(".py"):
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run([ruff, *words, "."], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
