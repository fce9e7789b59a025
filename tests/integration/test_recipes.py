"""The recipes of CONTRIBUTING.md for a gateway and a suite work word for word."""

from __future__ import annotations

from pathlib import Path

from tests.integration.labcli import Run, lab
from tests.unit.docs.recipes import commands, copy_of, follow


def test_a_gateway_is_a_folder_and_a_yaml_file(tmp_path: Path) -> None:
    """It starts, answers everything that the control answers, and changes nothing."""
    root, reports = copy_of(tmp_path, "configs", "compose"), tmp_path / "reports"
    assert "configs/systems/plain.yaml" in follow("A gateway", root)
    host = next(words for words in commands("A gateway") if words[-1] == "host")
    assert host[0] == ".venv/bin/lab"
    done = lab(*host[1:], "--root", str(root), "--reports", str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    results = Run(reports).results
    plain = [cell for cell in results.cells if cell.variant == "plain"]
    assert len(plain) > 5
    for cell in plain:
        control = results.cell("direct", cell.scenario)
        assert (cell.status, cell.completed) == (control.status, control.completed)
        assert (cell.tokens.forwarded, cell.passes) == (control.tokens.forwarded, control.passes)


def test_a_suite_is_a_file(tmp_path: Path) -> None:
    """It is loaded and asked, and the control passes every check of it."""
    root, reports = copy_of(tmp_path, "configs", "compose"), tmp_path / "reports"
    follow("A scenario, or a suite", root)
    (words,) = commands("A scenario, or a suite")
    asked = [word.replace("litellm,direct", "direct") for word in words[1:]]
    done = lab(*asked, "--engine", "host", "--root", str(root), "--reports", str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    results = Run(reports).results
    assert [cell.scenario for cell in results.cells] == ["GR-plain", "GR-system"]
    for cell in results.cells:
        assert cell.passes.of == 1
        assert cell.passes.passed == 1
