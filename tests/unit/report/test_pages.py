"""Markdown, chart files, results.json and the terminal's table say the same as the page."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lab.records.store import RunStore
from lab.report import render
from lab.report.build import build_results
from lab.results.models import Results
from tests.unit.evidence_pages import link_checker
from tests.unit.sample_run import sample_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered sample run: routed, cached, failed, unavailable and hostile rows beside the control."""
    store = sample_run(tmp_path_factory.mktemp("reports"))
    render(store.path)
    return store.path


@pytest.fixture(scope="module")
def results(run: Path) -> Results:
    """The sample run's results."""
    return build_results(RunStore.open(run))


def test_markdown_tables_have_as_many_cells_as_columns(run: Path) -> None:
    """No text from a record adds a column or a line to a table."""
    width = 0
    rows = 0
    for line in (run / "report.md").read_text("utf-8").splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        width = width or cells
        rows += 1
        assert cells == width, line
    assert rows > 60


def test_markdown_links_and_images_exist(run: Path) -> None:
    """Every relative link and chart of the Markdown report is there."""
    text = (run / "report.md").read_text("utf-8")
    targets = re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text)
    assert len(targets) > 50
    assert all(map(link_checker(run), targets))
    assert text.count("![") == 4


def test_charts_are_well_formed_and_described(run: Path) -> None:
    """Each chart file parses as XML and has a title, a description and no script."""
    charts = sorted((run / "charts").glob("*.svg"))
    assert [chart.stem for chart in charts] == ["cost", "facts", "latency", "tokens"]
    for chart in charts:
        root = ET.fromstring(chart.read_text("utf-8"))  # noqa: S314 - our own file
        names = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert {"title", "desc"} <= set(names)
        assert not {"script", "image", "foreignObject", "a"} & set(names)
        assert "nan" not in chart.read_text("utf-8").lower()


def test_a_chart_shows_each_measured_cell_once(run: Path, results: Results) -> None:
    """The tokens chart has one row label for each cell of the variants that ran."""
    root = ET.fromstring((run / "charts" / "tokens.svg").read_text("utf-8"))  # noqa: S314
    texts = [e.text for e in root.iter() if e.tag.endswith("}text")]
    ran = [v.name for v in results.variants if v.status == "measured"]
    assert len(ran) >= 4
    assert len(results.scenarios) >= 7
    assert all(texts.count(s.id) == len(ran) for s in results.scenarios)
    assert all(texts.count(name) == 1 for name in ran)


def test_results_json_holds_the_same_tables(run: Path, results: Results) -> None:
    """results.json is the results, readable by any JSON reader."""
    data = json.loads((run / "results.json").read_text("utf-8"))
    assert data["schema"] == 1
    assert (
        Results.model_validate(data).model_dump()
        == Results.model_validate_json(results.model_dump_json()).model_dump()
    )
