"""A run's folder becomes the same report every time, with a reason for every missing figure."""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lab.errors import RecordsError
from lab.kit.cell_figs import evidence_link, same_name
from lab.kit.tables import Fig, Table
from lab.records.store import RunStore
from lab.report import ReportPaths, render
from lab.report.build import build_results
from lab.report.markdown import table as markdown_table
from lab.report.markup import table as html_table
from lab.report.sections import build
from lab.results.models import Results
from tests.unit.evidence_pages import GROUP, cells_of, link_checker
from tests.unit.records_builder import HOSTILE, Call, RunBuilder
from tests.unit.sample_run import sample_run
from tests.unit.seen import table_in, tables_of
from tests.unit.suites_run import suites_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered sample run: routed, cached, failed, unavailable and hostile rows beside the control."""
    store = sample_run(tmp_path_factory.mktemp("reports"))
    render(store.path)
    return store.path


@pytest.fixture(scope="module", params=["sample", "suites"])
def any_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered run: of one small suite, or of six suites of which some are large."""
    root = tmp_path_factory.mktemp("any")
    store = sample_run(root) if request.param == "sample" else suites_run(root)
    render(store.path)
    return store.path


@pytest.fixture(scope="module")
def results(run: Path) -> Results:
    """The sample run's results."""
    return build_results(RunStore.open(run))


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_rendering_again_gives_the_same_bytes(any_run: Path) -> None:
    """No clock, no order and no earlier rendering leaks into a report."""
    before = _files(any_run)
    render(any_run)
    assert _files(any_run) == before


def test_a_copy_of_the_records_elsewhere_gives_the_same_report(any_run: Path, tmp_path: Path) -> None:
    """A report depends on the records alone, and on no path of the machine."""
    copy = tmp_path / "elsewhere"
    made = shutil.ignore_patterns("report.*", "results.json", "*-*.md", "charts", "evidence*")
    shutil.copytree(any_run, copy, ignore=made)
    render(copy)
    assert _files(copy) == _files(any_run)
    assert str(tmp_path).encode() not in b"".join(_files(copy).values())


def test_pages_of_an_earlier_rendering_are_removed(run: Path) -> None:
    """A page that no cell has any more does not stay behind."""
    stale = [run / "evidence" / "gone--S1.html", run / "scenarios-gone.md", run / "more-gone.md"]
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text("old")
    render(run)
    assert not any(path.exists() for path in stale)


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    """Rendering something that is no run says so."""
    with pytest.raises(RecordsError, match=r"manifest\.json"):
        render(tmp_path)


class _Page(HTMLParser):
    """Collects what a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


def _pages(run: Path) -> dict[str, str]:
    """All pages by their addresses beside the report; a cell in evidence.html is one too."""
    files = [run / "report.html", run / "evidence.html", *sorted((run / "evidence").glob("*.html"))]
    pages = {path.relative_to(run).as_posix(): path.read_text("utf-8") for path in files}
    return pages | {f"evidence.html#{name}": text for name, text in cells_of(run).items()}


def test_no_page_asks_for_anything_else(any_run: Path) -> None:
    """Pages hold no style sheet, image, frame, form or handler, and one script, whatever the records say."""
    allowed_links = re.compile(r"(#|\.\./|[a-z]+\.(json|jsonl)$|evidence/|[\w.-]+\.html(#[\w./-]+)?$)")
    for path, text in _pages(any_run).items():
        page = _Page(text)
        names = {tag for tag, _ in page.tags}
        assert not names & {"link", "img", "iframe", "object", "embed", "form", "base", "image"}, path
        scripts = [attrs for attrs in page.of("script") if attrs.get("type") != "application/octet-stream"]
        assert scripts == ([{}] if path == "evidence.html" else []), path
        for tag, attrs in page.tags:
            assert not any(name.startswith("on") or name in {"src", "srcset", "style"} for name in attrs), tag
        assert all(allowed_links.match(a["href"] or "") for a in page.of("a")), path
        assert "url(" not in text


def test_every_link_leads_to_a_file_or_an_id_that_exists(any_run: Path) -> None:
    """Links of report and evidence pages resolve, fragments included."""
    pages = _pages(any_run)
    ids = {path: {a["id"] for _, a in _Page(text).tags if "id" in a} for path, text in pages.items()}
    checked = 0
    for path, text in pages.items():
        for link in _Page(text).of("a"):
            name, _, fragment = (link["href"] or "").partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
            assert (any_run / target.partition("#")[0]).is_file(), (path, link["href"])
            if fragment and name and target == "evidence.html":
                assert f"{target}#{fragment}" in pages, (path, link["href"])
                checked += 1
            elif fragment:
                assert fragment in ids[target] or f"{path}#{fragment}" in pages, (path, link["href"])
    assert checked > 100


def test_ids_are_unique_and_references_resolve(any_run: Path) -> None:
    """No id appears twice on a page, and every aria-labelledby names one that is there."""
    for path, text in _pages(any_run).items():
        page = _Page(text)
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), path
        for _, attrs in page.tags:
            for name in (attrs.get("aria-labelledby") or "").split():
                assert name in ids, (path, name)


def test_every_measured_figure_leads_to_its_evidence(run: Path, results: Results) -> None:
    """Each cell with exchanges has a page, and all figures of its row in the scenario table lead there."""
    seen = build(results)
    tables = {cell.scenario: table_in(seen, f"t-{cell.scenario}") for cell in results.cells}
    is_there = link_checker(run)
    proven = [cell for cell in results.cells if cell.evidence]
    assert len(proven) > 20
    for cell in proven:
        href = evidence_link(cell.variant, cell.scenario)
        assert is_there(href)
        row = next(r for r in tables[cell.scenario].rows if r.head.text == cell.variant)
        assert {fig.href for fig in (row.head, *row.cells, *([row.span] if row.span else []))} == {href}


def test_figures_in_the_report_are_those_of_the_results(results: Results) -> None:
    """Tokens, saving, cost and facts of a cell appear in its row exactly as the results have them."""
    cell = results.cell("lynkr", "L1")
    table = table_in(build(results), "t-L1")
    (row,) = [r for r in table.rows if r.head.text == "lynkr"]
    shown = {column.title: fig.text for column, fig in zip(table.columns[1:], row.cells, strict=True)}
    assert (cell.tokens.sent, cell.tokens.forwarded, cell.facts.kept) == (1000, 300, 1)
    assert shown["Sent"] == "1,000"
    assert shown["Forwarded"] == "300"
    assert shown["Forwarded vs sent"] == "\u221270.0%"
    assert shown["Facts kept"] == "1 of 3"
    assert shown["Cost same model"] == f"{cell.cost_usd.same_model:.6f}"


def test_a_claim_with_the_providers_prefix_names_the_same_model() -> None:
    """`openai/m` claims model `m`; another model or tier is a contradiction."""
    assert same_name("openai/kimi-lab-simple", "kimi-lab-simple")
    assert same_name("Simple", "SIMPLE")
    assert not same_name("SIMPLE", "COMPLEX")


def test_only_contradicted_claims_are_listed_as_contradictions(results: Results) -> None:
    """Lynkr claimed SIMPLE where COMPLEX was served, and usage for an answer from its cache."""
    rows = [
        (row.head.text, *(fig.text for fig in row.cells[:3]))
        for row in table_in(build(results), "contradictions").rows
    ]
    assert ("lynkr, R1", "tier", "SIMPLE", "COMPLEX") in rows
    assert ("lynkr, SC2", "input tokens in usage", "240 tokens", "0 tokens forwarded") in rows
    assert {name for name, *_ in rows} == {"lynkr, R1", "lynkr, SC2"}


def _figs(table: Table) -> list[Fig]:
    return [f for row in table.rows for f in (row.head, *row.cells, *([row.span] if row.span else []))]


def test_no_cell_is_empty_and_every_missing_figure_has_its_reason(results: Results) -> None:
    """A cell shows a figure or a reason word; the word comes with a sentence."""
    tables = list(tables_of(build(results)))
    assert len(tables) > 10
    for table in tables:
        assert table.rows, table.id
        assert all(len(r.cells) == len(table.columns) - 1 or r.span for r in table.rows), table.id
        for fig in _figs(table):
            assert fig.text.strip(), table.id
            assert fig.text not in {"-", "\u2014", "n/a", "None", "nan"}, table.id
            if fig.tone == "missing":
                explained = fig.note or fig.ref or fig.text == "not applicable"
                assert explained, (table.id, fig)
            assert 0 <= fig.ref <= len(table.notes)


def test_an_unavailable_variant_stays_in_every_table_with_its_reason(results: Results) -> None:
    """Portkey could not be built: each table with variants as rows says so."""
    seen = build(results)
    names = ("verdict", "cost-by-variant", "monthly", "latency-by-variant", "claims", "t-S1")
    for table in (table_in(seen, name) for name in names):
        (row,) = [r for r in table.rows if r.head.text == "portkey"]
        assert row.span is not None, table.id
        assert "no route to the registry" in row.span.note, table.id


def test_hostile_text_is_inert_in_every_file(any_run: Path) -> None:
    """No script tag, escape sequence or direction mark of an answer reaches any file unescaped."""
    others = (*any_run.glob("*.md"), *(any_run / "charts").glob("*.svg"))
    written = _pages(any_run) | {path.name: path.read_text("utf-8") for path in others}
    groups = len(GROUP.findall(written["evidence.html"]))
    for path, text in written.items():
        ours = 1 + groups if path == "evidence.html" else 0  # its script, and the data
        assert text.lower().count("<script") == ours, path
        assert not set("\x00\x1b\u202e\u202c") & set(text), path
    for name in ("report.html", "report.md"):
        assert "&lt;script&gt;" in written[name]
        assert "\u241b" in written[name]


def test_hostile_answers_are_shown_as_text_on_their_evidence_page(run: Path) -> None:
    """What a model or gateway wrote is on the page, with its markup and escapes made visible."""
    text = cells_of(run)["lynkr--L1"]
    assert "&lt;script&gt;" in text
    assert "\u241b[31mred" in text


def test_hostile_names_are_escaped_in_tables_and_charts(tmp_path: Path) -> None:
    """Names and texts made by hand, as in a foreign records file, break neither tables, charts nor paths."""
    bad = "<img src=x onerror=alert(1)>|](javascript:alert(1))"
    builder = RunBuilder(tmp_path)
    manifest = builder.store.manifest()
    scenarios = tuple(s.model_copy(update={"title": bad, "looks_at": bad}) for s in manifest.scenarios)
    variants = tuple(v.model_copy(update={"title": bad, "version": bad}) for v in manifest.variants)
    builder.store.write_manifest(manifest.model_copy(update={"scenarios": scenarios, "variants": variants}))
    for name in ("direct", "litellm"):
        builder.exchange(name, "S1", calls=[Call(model=bad)], model=bad)
    paths = render(builder.store.path)
    assert "img" not in {tag for tag, _ in _Page(paths.html.read_text("utf-8")).tags}
    text = paths.markdown.read_text("utf-8")
    assert "<img" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)


@pytest.mark.parametrize("write", [html_table, markdown_table])
def test_tables_escape_every_text_of_theirs(write: Callable[[Table], str]) -> None:
    """Captions, headings, figures, notes and reasons are all escaped by both writers."""
    from lab.kit.tables import Column, Row

    fig = Fig(HOSTILE, HOSTILE, "missing", ref=1)
    table = Table("t", HOSTILE, (Column(HOSTILE, HOSTILE), Column(HOSTILE)), (Row(fig, (fig,)),), (HOSTILE,))
    text = write(table)
    assert "<script" not in text
    assert "\x1b" not in text
    assert text.count("&lt;script&gt;") == 9


def test_a_run_without_a_completed_exchange_is_rendered_all_the_same(tmp_path: Path) -> None:
    """An interrupted run with nothing but failures, or nothing at all, has a report that says so."""
    builder = RunBuilder(tmp_path, over={"state": "interrupted", "finished_at": None})
    paths: ReportPaths = render(builder.store.path)
    assert "not run" in paths.html.read_text("utf-8")
    for name in ("direct", "litellm"):
        builder.exchange(
            name, "S1", status="failed", reason="HTTP 500: out of order", calls=[], latency_ms=None
        )
    text = render(builder.store.path).html.read_text("utf-8")
    assert "HTTP 500: out of order" in text
    assert not re.search(r"\bnan\b", text)
