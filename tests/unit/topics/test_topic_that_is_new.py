"""A topic is one folder and one line of registration: nothing else knows of it."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.report import ReportPaths, render
from lab.report.build import build_results
from lab.report.sections import build
from lab.topics import TOPICS
from lab.topics.topic import Topic
from tests.unit.sample_run import sample_run

FOLDER = {
    "__init__.py": '''
"""How often anybody was greeted."""

from greetings import measure, section, table
from lab.topics.topic import Topic

TOPIC = Topic("greetings", table.Greetings, measure.greetings_of, section.section)
''',
    "table.py": '''
"""The table of greetings."""

from lab.records.models import Record


class GreetingRow(Record):
    """One variant."""

    variant: str


class Greetings(Record):
    """All variants."""

    rows: tuple[GreetingRow, ...]
''',
    "measure.py": '''
"""Measures greetings."""

from greetings.table import GreetingRow, Greetings
from lab.figures.grid import Grid


def greetings_of(grid: Grid) -> Greetings:
    """One row a variant."""
    return Greetings(rows=tuple(GreetingRow(variant=one.name) for one in grid.manifest.variants))
''',
    "section.py": '''
"""Shows greetings."""

from greetings.table import Greetings
from lab.kit.section import Section
from lab.kit.tables import Fig, col, table


def section(results):
    """A table of one column."""
    greetings = results.table(Greetings)
    columns = (col("Greeted variant", lambda row: Fig(row.variant)),)
    shown = table("greetings-by-variant", "Who was greeted.", columns, greetings.rows)
    return Section("Greetings of gateways", ("Nobody was.", Section("By variant", (shown,))), id="greetings")
''',
}


@pytest.fixture
def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    """The topic of a folder that is no part of the lab."""
    folder = tmp_path / "packages" / "greetings"
    folder.mkdir(parents=True)
    for name, text in FOLDER.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(folder.parent)
    made: Topic = importlib.import_module("greetings").TOPIC
    yield made
    for name in [name for name in sys.modules if name.split(".")[0] == "greetings"]:
        del sys.modules[name]


def test_a_folder_and_a_line_of_registration_are_a_topic(topic: Topic, tmp_path: Path) -> None:
    """Its table is in results.json; its section is in HTML, in Markdown and in the table of contents."""
    store = sample_run(tmp_path / "runs", repeats=1)
    paths: ReportPaths = render(store.path, topics=(*TOPICS, topic))
    variants = [status.name for status in store.manifest().variants]
    rows = json.loads(paths.results.read_text("utf-8"))["greetings"]["rows"]
    assert [row["variant"] for row in rows] == variants
    page, text = paths.html.read_text("utf-8"), paths.markdown.read_text("utf-8")
    assert '<h2 id="greetings-h">Greetings of gateways</h2>' in page
    assert '<li><a href="#greetings">Greetings of gateways</a></li>' in page[: page.index("<main>")]
    part = page[page.index('id="greetings-by-variant"') :]
    shown = re.findall(r"<th scope=\"row\">.*?>([\w-]+)<", part[: part.index("</table>")])
    assert shown == variants
    assert "\n## Greetings of gateways\n\nNobody was.\n\n### By variant\n" in text
    assert "\n| **lynkr** |\n" in text


def test_every_topic_of_the_lab_can_be_left_out(tmp_path: Path) -> None:
    """Nothing of the report needs a topic to be there; the other sections stay."""
    store = sample_run(tmp_path, repeats=1)
    whole = build(build_results(store))
    named = {section.id for section in whole.sections}
    alone = build(build_results(store, topics=()), ())
    left = {section.id for section in alone.sections}
    assert left < named
    assert {"summary", "trust", "cost", "scenarios", "method"} <= left
    assert not left & {"verdicts", "routing", "caching", "toolsets", "compression", "fidelity"}
