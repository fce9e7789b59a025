"""Tests stand where what they test stands: tests/unit has the folders and the names of lab/."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.paths import ROOT

UNIT = ROOT / "tests" / "unit"
# Folders beside lab/ that tests/unit mirrors too.
BESIDE = ("bench", "configs", "scripts")
# Tests of no module, and of what they are instead.
EXCEPTIONS = {
    "test_layers.py": "imports between all folders of lab/",
    "test_mirror.py": "the places of tests",
    "test_same_values.py": "tests/same_values.py, which compares two results.json",
    "test_sample.py": "reports/sample, the run that is kept in the repository",
    "docs/test_config_schemas.py": "docs/schemas, against the files under configs/",
    "docs/test_front_door.py": "what a host of repositories shows: workflows, forms, metadata",
    "docs/test_generated.py": "what `make docs` writes",
    "docs/test_readme.py": "README and the other pages",
    "docs/test_recipes.py": "the recipes of CONTRIBUTING",
    "docs/test_recount.py": "figures of the sample, counted by code that knows nothing of the lab",
    "docs/test_recount_tables.py": "its first screen and matrix of wires, counted by the same code",
    "docs/test_recount_rules.py": "the rules of that count",
}
TESTS = sorted(path.relative_to(UNIT).as_posix() for path in UNIT.rglob("test_*.py"))


def source(test: str) -> Path | None:
    """The module, file or folder whose name a test bears, with or without words on what of it is tested."""
    path = Path(test)
    folder = ROOT / path.parent if path.parts[0] in BESIDE else ROOT / "lab" / path.parent
    words = path.stem.removeprefix("test_").split("_")
    for end in range(len(words), 0, -1):
        name = "_".join(words[:end])
        for found in (f"{name}.py", f"__{name}__.py", f"{name}.yaml", name):
            if (folder / found).exists():
                return folder / found
    return None


@pytest.mark.parametrize("test", TESTS)
def test_a_test_stands_where_its_module_stands(test: str) -> None:
    """`lab/figures/spread.py` is tested in `tests/unit/figures/test_spread.py`, or `test_spread_draws.py`."""
    assert (source(test) is None) == (test in EXCEPTIONS), f"{test}: move it to its module"


def test_every_exception_is_still_there() -> None:
    """The list can only be as long as it must be."""
    assert set(EXCEPTIONS) <= set(TESTS)
    assert len(TESTS) > 80


@pytest.mark.parametrize(
    ("test", "module"),
    [
        ("figures/test_spread.py", "lab/figures/spread.py"),
        ("figures/test_spread_of_draws.py", "lab/figures/spread.py"),
        ("test_main.py", "lab/__main__.py"),
        ("scenarios/test_payloads.py", "lab/scenarios/payloads"),
        ("configs/scenarios/test_core.py", "configs/scenarios/core.yaml"),
        ("figures/test_nothing.py", None),
        ("test_spread.py", None),
    ],
)
def test_a_module_is_found_by_its_tests_name(test: str, module: str | None) -> None:
    """In its own folder only."""
    assert source(test) == (ROOT / module if module else None)
