"""What a public host reads of this repository: workflows, forms, hooks and the package's description."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from lab.engines.docker.images import BASE_DEFAULTS
from tests.paths import ROOT

HOST = ROOT / ".github"
WORKFLOWS = sorted((HOST / "workflows").glob("*"))
FORMS = sorted(path for path in (HOST / "ISSUE_TEMPLATE").glob("*") if path.name != "config.yml")
KINDS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def load(path: Path) -> dict[str, Any]:
    """A YAML file of the host's, whose keys are texts (`on` is true to YAML 1.1)."""
    data = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(data, dict)
    return {"on" if key is True else key: value for key, value in data.items()}


def steps() -> list[dict[str, Any]]:
    """All steps of all workflows."""
    jobs = [job for path in WORKFLOWS for job in load(path)["jobs"].values()]
    return [step for job in jobs for step in job["steps"]]


def targets() -> set[str]:
    """The targets of the Makefile."""
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", text, flags=re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_ends_by_itself(path: Path) -> None:
    """It has the keys that a host requires, the least rights, and a limit on its time."""
    flow = load(path)
    assert {"name", "on", "permissions", "concurrency", "jobs"} <= flow.keys()
    assert flow["permissions"] == {"contents": "read"}
    assert {"group", "cancel-in-progress"} <= flow["concurrency"].keys()
    for name, job in flow["jobs"].items():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys(), name
        assert set([job["needs"]] if "needs" in job else []) <= flow["jobs"].keys()
        assert job["steps"][0]["uses"].startswith("actions/checkout@")


def test_every_step_does_one_thing_and_actions_are_pinned() -> None:
    """By their major tag, and no action but the host's own."""
    assert len(steps()) > 5
    for step in steps():
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def test_workflows_run_what_is_there() -> None:
    """Every target is one of the Makefile's, every path exists, and the images are the lab's defaults."""
    text = "\n".join(str(step.get("run", "")) for step in steps())
    named = set(re.findall(r"\bmake ([a-z-]+)", text))
    assert {"lint", "test-unit", "test"} <= named <= targets()
    for path in re.findall(r"\b((?:tests|requirements|scripts)/[\w/.*-]+)", text + str(steps())):
        assert list(ROOT.glob(path)), path
    assert set(re.findall(r"docker pull --quiet (\S+)", text)) == set(BASE_DEFAULTS.values())


def test_workflows_try_the_oldest_and_the_newest_python() -> None:
    """Those that the package says it runs on."""
    versions = {v for path in WORKFLOWS for v in load(path)["jobs"]["unit"]["strategy"]["matrix"]["python"]}
    stated = re.findall(r"Python :: (3\.\d+)", "\n".join(PYPROJECT["project"]["classifiers"]))
    assert versions == {min(stated, key=_number), max(stated, key=_number)}
    assert PYPROJECT["project"]["requires-python"] == f">={min(stated, key=_number)}"


def _number(version: str) -> int:
    return int(version.partition(".")[2])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_is_one_that_the_host_shows(path: Path) -> None:
    """It has a name, a description, and fields with ids of their own and labels."""
    form = load(path)
    assert (
        {"name", "description", "body"} <= form.keys() <= {"name", "description", "title", "labels", "body"}
    )
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields) > 0
    for field in form["body"]:
        assert field["type"] in KINDS
        assert field["attributes"]["value" if field["type"] == "markdown" else "label"]
        if field["type"] in {"dropdown", "checkboxes"}:
            options = field["attributes"]["options"]
            assert len(options) == len({str(option) for option in options}) > 0
            labels = all(isinstance(o, str) if field["type"] == "dropdown" else o["label"] for o in options)
            assert labels


def test_forms_are_there_for_a_gateway_a_disputed_figure_and_a_bug() -> None:
    """The first two are what vendors come with."""
    assert {path.stem for path in FORMS} == {"new_gateway", "disputed_figure", "bug"}
    assert load(HOST / "ISSUE_TEMPLATE" / "config.yml").keys() <= {"blank_issues_enabled", "contact_links"}


def test_forms_and_templates_name_what_is_there() -> None:
    """Files, targets and commands."""
    assert FORMS
    for path in (*FORMS, HOST / "PULL_REQUEST_TEMPLATE.md"):
        text = path.read_text("utf-8")
        assert set(re.findall(r"`make ([a-z-]+)`", text)) <= targets(), path.name
        for name in re.findall(r"\b((?:docs/)?[A-Za-z-]+\.md)\b", text):
            assert (ROOT / name).is_file(), name


def test_hooks_call_the_project_s_own_tools() -> None:
    """So that no version of theirs can differ from the locked one."""
    (repo,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    locked = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    for hook in repo["hooks"]:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        assert hook["language"] == "system"
        tool = hook["entry"].split()[0]
        assert tool.startswith(".venv/bin/")
        assert tool == ".venv/bin/python" or re.search(rf"^{Path(tool).name}==", locked, flags=re.MULTILINE)


def test_the_wheel_is_typed_and_says_who_made_it(tmp_path: Path) -> None:
    """`py.typed` is in it; no address is."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = (
            archive.read(next(n for n in names if n.endswith("/METADATA"))).decode().partition("\n\n")[0]
        )
    assert "lab/py.typed" in names
    assert "Author: LLM Gateway Lab contributors" in metadata
    assert "Classifier: Typing :: Typed" in metadata
    assert "Project-URL" not in metadata
