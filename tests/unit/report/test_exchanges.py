"""Every figure of a variant leads to its evidence: a cell's page, or the page of all its exchanges."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lab.kit.anchors import by_variant, cell_name, variant_name, variant_page
from lab.kit.cell_figs import evidence_link
from lab.kit.section import Section
from lab.kit.tables import Column, Fig, Row, Table
from lab.records.store import RunStore
from lab.report import render
from lab.report.build import build_results
from lab.report.exchanges import variant_exchanges
from lab.report.markup import table as html_table
from lab.report.rows import cell_map
from lab.results.models import Results
from tests.unit.evidence_pages import cells_of, link_checker
from tests.unit.sample_run import sample_run
from tests.unit.suites_run import suites_run

NUMBER = re.compile(r"[+<>\u2212]{0,2}\d")
# Tables that are about no variant, and columns about the run or a scenario, not about what a variant did.
OTHER_TABLES = re.compile(
    r"prices|suites|not-judged|background|packages|host|limits|git|configs|timings|.*-constants"
)
OTHER_COLUMNS = {"Declared", "Share", "Alike", "Stated", "Why, and under which conditions", "Source"}
SENTENCES = {"Most frequent reason", "In words"}
SUMS = (
    "verdict",
    "verdict-suites",
    "cost-by-variant",
    "cost-by-class-as_routed",
    "monthly",
    "latency-by-variant",
    "tokens-by-scenario",
    "facts-by-scenario",
    "claims",
    "caches",
    "checks",
)


@dataclass
class _Cell:
    """A cell of a table as a reader sees it: its figure without the smaller line, and where it leads."""

    table: str
    column: str
    head: str
    text: str = ""
    hrefs: list[str] = field(default_factory=list)
    stops: int = 0


class _Tables(HTMLParser):
    """Reads all cells of a page's tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[_Cell] = []
        self.columns: list[str] = []
        self.table, self.head, self.aside, self.at = "", "", 0, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.table, self.columns = given.get("id") or "", []
        elif tag == "th" and given.get("scope") == "col":
            self.at = "column"
            self.columns.append("")
        elif tag == "th":
            self.at, self.head, self.number = "head", "", 0
        elif tag == "td" and self.columns:
            self.at = "cell"
            self.number += 1
            self.cells.append(_Cell(self.table, self.columns[self.number], self.head))
        elif tag in {"small", "sup"}:
            self.aside += 1
        elif tag == "a" and self.at == "cell" and not self.aside:
            self.cells[-1].hrefs.append(given["href"] or "")
            self.cells[-1].stops += "tabindex" not in given

    def handle_endtag(self, tag: str) -> None:
        if tag in {"small", "sup"}:
            self.aside -= 1
        elif tag in {"td", "th"}:
            self.at = ""

    def handle_data(self, data: str) -> None:
        if self.aside:
            return
        if self.at == "column":
            self.columns[-1] += data
        elif self.at == "head":
            self.head += data
        elif self.at == "cell":
            self.cells[-1].text += data


@pytest.fixture(scope="module", params=["sample", "suites"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered run: of one small suite, or of six suites of which some are large."""
    root = tmp_path_factory.mktemp("exchanges")
    store = sample_run(root) if request.param == "sample" else suites_run(root)
    render(store.path)
    return store.path


@pytest.fixture(scope="module")
def results(run: Path) -> Results:
    """Its results."""
    return build_results(RunStore.open(run))


@pytest.fixture(scope="module")
def cells(run: Path) -> list[_Cell]:
    """The cells of all tables of the report."""
    return _Tables((run / "report.html").read_text("utf-8")).cells


def _tables(results: Results, variant: str) -> list[Table]:
    return [suite.table for suite in _page(results, variant).parts if suite.table is not None]


def _page(results: Results, variant: str) -> Section:
    return variant_exchanges(results, cell_map(results), by_variant(results)[variant])


def _shown(table: Table, row: Row) -> dict[str, Fig]:
    return {column.title: fig for column, fig in zip(table.columns[1:], row.cells, strict=True)}


def _is_number(cell: _Cell) -> bool:
    return bool(NUMBER.match(cell.text.strip("\u2713\u2717\u25b2\u25bc=! ")))


def test_every_number_of_a_variant_leads_to_its_evidence(run: Path, cells: list[_Cell]) -> None:
    """No table of the report shows a variant's number without a link to a page that exists."""
    numbers = [
        cell
        for cell in cells
        if _is_number(cell)
        and not OTHER_TABLES.fullmatch(cell.table)
        and cell.column not in OTHER_COLUMNS | SENTENCES
    ]
    assert [cell for cell in numbers if not cell.hrefs] == []
    is_there = link_checker(run)
    for cell in numbers:
        assert len(cell.hrefs) == 1
        assert cell.hrefs[0].startswith(("evidence.html#", "#suite-"))
        assert cell.hrefs[0].startswith("#") or is_there(cell.hrefs[0])
    tables = {cell.table for cell in numbers}
    assert set(SUMS) - tables <= {"cost-by-class-as_routed", "caches"}
    assert any(name.startswith("feature-") for name in tables)


def test_sums_lead_to_the_exchanges_of_their_own_variant(results: Results, cells: list[_Cell]) -> None:
    """Of a row about a variant, or in its column, a sum never leads to another variant's page."""
    pages = {variant.name: variant_page(variant.name) for variant in results.variants}
    sums = [cell for cell in cells if set(cell.hrefs) & set(pages.values())]
    assert len(sums) > 100
    for cell in sums:
        if cell.column in {"Sent", "Observed here"}:
            continue
        named = {name for name in (cell.column, cell.head, cell.head.split(", ")[0]) if name in pages}
        served = re.search(r"-served-(.+)$", cell.table)
        named |= {served[1]} if served else set()
        assert {pages[name] for name in named} == set(cell.hrefs), cell


def test_a_row_of_sums_adds_one_stop_for_the_keyboard(cells: list[_Cell]) -> None:
    """The page that a row's figures share is reached once, however many figures lead there."""
    stops: dict[tuple[str, str], int] = {}
    for cell in cells:
        if cell.table in {"verdict", "cost-by-variant", "monthly", "latency-by-variant", "claims"}:
            key = (cell.table, cell.head)
            stops[key] = stops.get(key, 0) + cell.stops
    assert len(stops) > 15
    assert set(stops.values()) == {1}


def test_the_page_of_a_variant_has_a_row_for_every_scenario(run: Path, results: Results) -> None:
    """Each row leads to the cell's page, or says why there is none; the page stands in the same file."""
    known, shown = cell_map(results), cells_of(run)
    assert len(results.variants) >= 5
    assert len(results.scenarios) >= 7
    for variant in results.variants:
        page = _page(results, variant.name)
        text = shown[variant_name(variant.name)]
        assert f"<h1>All exchanges of {variant.name}</h1>" in text
        asked = any(cell.n for cell in results.cells if cell.variant == variant.name)
        assert page.text[0].startswith("There is no exchange") != asked
        rows = {row.head.text: row for table in _tables(results, variant.name) for row in table.rows}
        assert set(rows) == {scenario.id for scenario in results.scenarios}
        for name, row in rows.items():
            cell = known[variant.name, name]
            assert row.head.href == (evidence_link(variant.name, name) if cell.evidence else "")
            if cell.status == "measured":
                assert {fig.href for fig in row.cells} == {row.head.href}
            else:
                assert row.span is not None
                assert row.span.note


def test_the_rows_in_the_totals_add_up_to_the_totals(results: Results) -> None:
    """What the page marks as part of the totals is what the totals are made of."""
    compared = set(results.comparison.variants)
    assert compared
    for variant in results.variants:
        sums = {"Sent": 0.0, "Forwarded": 0.0, "Cost same model": 0.0}
        marked = 0
        for table in _tables(results, variant.name):
            for row in table.rows:
                shown = _shown(table, row) if row.span is None else {}
                if shown and shown["In the totals"].text == "yes":
                    marked += 1
                    for name in sums:
                        sums[name] += float(shown[name].text.replace(",", ""))
                elif shown:
                    assert table.notes[shown["In the totals"].ref - 1]
        assert marked == (len(results.comparison.scenarios) if variant.name in compared else 0)
        total = results.total(variant.name)
        if total.compared:
            assert sums["Sent"] == pytest.approx(total.tokens.sent, abs=0.1 * marked)
            assert sums["Forwarded"] == pytest.approx(total.tokens.forwarded, abs=0.1 * marked)
            assert total.cost_usd.same_model is not None
            assert sums["Cost same model"] == pytest.approx(
                float(total.cost_usd.same_model), abs=1e-6 * marked
            )


def test_a_row_shows_the_figures_of_its_cell(results: Results) -> None:
    """Tokens, verdict and answers from a cache are those of results.json."""
    cell = next(c for c in results.cells if c.status == "measured" and c.cache.hits and c.passes.of)
    tables = _tables(results, cell.variant)
    table, row = next((one, row) for one in tables for row in one.rows if row.head.text == cell.scenario)
    shown = _shown(table, row)
    assert shown["Verdict"].text == f"{cell.passes.passed} of {cell.passes.of}"
    assert shown["Answers from a cache"].text == f"{cell.cache.hits} of {cell.cache.of} answers"
    assert shown["Sent"].text == f"{cell.tokens.sent:,.0f}"


def test_markdown_leads_to_the_page_by_the_variants_name_alone(run: Path, results: Results) -> None:
    """A row's heading leads there, and its figures have no link."""
    text = (run / "report.md").read_text("utf-8")
    assert len(results.variants) >= 5
    for variant in results.variants:
        rows = re.findall(
            rf"^\| \*\*\[{variant.name}\]\({variant_page(variant.name)}\)\*\*.*$", text, re.MULTILINE
        )
        assert len(rows) >= 5
        assert all(row.count(variant_page(variant.name)) == 1 for row in rows)


def test_no_variant_has_the_page_of_another_ones_cell() -> None:
    """Names may hold what separates a variant from a scenario in a cell's page."""
    assert variant_name("a--b") != cell_name("a", "b")
    assert variant_page("lynkr") == "evidence.html#lynkr"


def test_a_sentence_and_a_missing_figure_are_no_links() -> None:
    """What shares its row's page is a number or a word; a reason beside its number needs no other."""
    figs = (
        Fig("1,234"),
        Fig("the same"),
        Fig("no figure", tone="missing", ref=1),
        Fig("a sentence of many words"),
    )
    columns = (Column("Variant", num=False), *(Column(str(number)) for number in range(len(figs))))
    row = Row(Fig("lynkr", href="#variant-lynkr", page="evidence.html#lynkr"), figs)
    text = html_table(Table("t", "Sums", columns, (row,), notes=("why",)))
    assert text.count('href="evidence.html#lynkr"') == 2
