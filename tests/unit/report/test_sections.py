"""A report of many scenarios: wrong answers first, verdicts by suite, compact grids, and a bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.kit.cell_figs import evidence_link
from lab.kit.section import Facts, Line, Section
from lab.kit.tables import Fig, Table
from lab.kit.wrong_answers import GROUPS
from lab.records.store import RunStore
from lab.report import render
from lab.report.alert import alert
from lab.report.build import build_results
from lab.report.cache_hits import cache_table
from lab.report.rows import FEW, cell_map, few_lines, lines
from lab.report.sections import ReportView, build
from lab.report.summary import cache_fig
from lab.results.models import Results
from lab.topics.verdicts.section import suites_table
from lab.topics.verdicts.table import Verdicts
from lab.wires.neutral import Usage
from tests.unit.evidence_pages import link_checker
from tests.unit.records_builder import HOSTILE, RunBuilder, marker_of, scenario, table_of
from tests.unit.sample_run import sample_run
from tests.unit.seen import section_of, table_in
from tests.unit.suites_run import CHECKS, SUITES, suites_run, suites_scenarios


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered run of six suites through nine variants, with wrong answers."""
    store = suites_run(tmp_path_factory.mktemp("suites"), scale=5)
    render(store.path)
    return store.path


@pytest.fixture(scope="module")
def results(run: Path) -> Results:
    """Its results."""
    return build_results(RunStore.open(run))


@pytest.fixture(scope="module")
def seen(results: Results) -> ReportView:
    """Its report as data."""
    return build(results)


def _figs(table: Table) -> Iterator[Fig]:
    for row in table.rows:
        yield from (row.head, *row.cells, *([row.span] if row.span else []))


def grids_of(seen: ReportView, suite: str) -> list[tuple[Section, Table]]:
    """The grids of a suite, each with the part that it is in."""
    parts = section_of(seen, f"suite-{suite}").parts
    return [(part, part.table) for part in parts if part.table and part.table.grid]


def test_wrong_answers_stand_before_everything_else(run: Path, results: Results) -> None:
    """The alert comes before the summary, with counts by variant and links to the evidence."""
    foreign = sum(one.times for one in results.wrong_answers.served if one.wrongness == "foreign")
    said = f"{foreign} answers from another conversation were served"
    text = (run / "report.html").read_text("utf-8")
    alert, summary = text.index('id="alert"'), text.index('id="summary"')
    assert text.index("<main>") < alert < summary
    assert said in text[alert:summary]
    assert (
        f'<a href="{evidence_link("lynkr", results.wrong_answers.served[0].scenario)}">'
        in text[alert:summary]
    )
    markdown = (run / "report.md").read_text("utf-8")
    assert f"\n## \u2717 {said}\n" in markdown[: markdown.index("## Summary")]


def test_wrong_answers_are_told_apart_by_what_makes_them_wrong(run: Path, results: Results) -> None:
    """Each is counted once, under a heading that is true of it, the gravest first, in HTML and Markdown."""
    found = alert(results)
    assert found is not None
    assert [group.kinds for group in GROUPS] == [
        ("foreign",),
        ("question", "context"),
        ("request",),
        ("user",),
        ("user_id",),
        ("settings",),
    ]
    shown = [group for group in GROUPS if group.kinds not in {("request",), ("user",)}]
    counts = [
        sum(one.times for one in results.wrong_answers.served if one.wrongness in group.kinds)
        for group in shown
    ]
    assert [group.headline.text for group in found.groups] == [
        group.counted(count) for group, count in zip(shown, counts, strict=True)
    ]
    assert min(counts) > 0
    assert sum(counts) == results.total("lynkr").cache.wrong + results.total("lynkr").cache.foreign
    for path in ("report.html", "report.md"):
        text = (run / path).read_text("utf-8").replace("&#39;", "'")
        places = [text.index(group.headline.text) for group in found.groups]
        assert places == sorted(places)
        assert all(group.text[1:] in text for group in found.groups)


def test_a_probe_of_which_nobody_said_in_what_it_differs_is_called_another_request(tmp_path: Path) -> None:
    """Records of an earlier lab, or another suite: no more is said than is known."""
    infos = [info.model_copy(update={"cache_differs": None}) for info in suites_scenarios()]
    found = alert(build_results(suites_run(tmp_path, scenarios=infos, repeats=1)))
    assert found is not None
    assert [group.headline.text for group in found.groups] == [
        "2 answers from another conversation were served",
        "2 answers to another request were served",
    ]


def test_a_run_without_wrong_answers_has_no_alert_and_says_so(tmp_path: Path) -> None:
    """No alarm without a cause: the verdicts say how many answers were judged."""
    store = sample_run(tmp_path, repeats=1)
    text = render(store.path).html.read_text("utf-8")
    assert 'id="alert"' not in text
    assert "No wrong answer was served: 24 answers were judged by where they come from" in text


def test_a_wrong_answer_of_the_control_is_called_the_labs_fault(tmp_path: Path) -> None:
    """Nobody is blamed for what no gateway touched."""
    builder = RunBuilder(tmp_path, repeats=1)
    builder.exchange("litellm", "S1")
    builder.exchange("direct", "S1", marker="labmark-0000000000000000")
    text = render(builder.store.path).html.read_text("utf-8")
    assert "1 answer from another conversation was served" in text
    assert "direct (the control: the lab&#39;s own fault)" in text
    assert "control: the lab&#39;s fault" in text


def test_the_verdict_table_has_a_row_a_variant_and_a_column_a_suite(
    results: Results, seen: ReportView
) -> None:
    """Every k of n is the one of results.json, `core` first, and what all are judged by at the end."""
    section = section_of(seen, "verdicts")
    table = section.parts[0].table
    assert table is not None
    assert [column.title for column in table.columns] == ["Variant", *SUITES, "All suites"]
    by_name = {row.head.text: row for row in table.rows}
    routes = {variant.name: variant.routes for variant in results.variants}
    for verdict in table_of(results, Verdicts).rows:
        row = by_name[verdict.variant]
        if row.span is not None:
            assert verdict.judged == 0
            continue
        if verdict.suite == "routing" and not routes[verdict.variant]:
            continue
        assert row.cells[SUITES.index(verdict.suite)].text == f"{verdict.passed} of {verdict.judged}"
    together = {row.variant: row for row in table_of(results, Verdicts).together}
    for row in table.rows:
        if row.span is None:
            both = together[row.head.text]
            assert row.cells[-1].text == f"{both.passed} of {both.judged}"
            counts = [fig.text.split(" of ") for fig in row.cells[:-1] if fig is not row.cells[1]]
            sums = [sum(int(count[n]) for count in counts) for n in (0, 1)]
            assert [both.passed, both.judged] == sums
    assert table.columns[-1].unit == f"{both.judged} judged for all"


def test_a_verdict_on_routing_is_only_for_those_that_route(results: Results, seen: ReportView) -> None:
    """Who was not asked to choose has no verdict there; where the lab chose, all right is no merit."""
    section = section_of(seen, "verdicts")
    table = section.parts[0].table
    assert table is not None
    shown = {row.head.text: row.cells[SUITES.index("routing")] for row in table.rows if row.span is None}
    assert (shown["direct"].text, shown["direct"].tone) == ("does not route", "missing")
    assert "not asked to choose" in table.notes[shown["direct"].ref - 1]
    told = shown["portkey-conditional"]
    assert (told.text, told.tone, told.sign, told.note) == ("75 of 75", "", "", "the lab decided")
    assert (shown["lynkr"].tone, shown["lynkr"].sign) == ("bad", "\u2717")


def test_other_checks_that_fail_in_a_routing_suite_are_not_hidden(results: Results) -> None:
    """A variant that does not route and fails to answer there says so beneath."""
    rows = tuple(
        row.model_copy(update={"passed": row.passed - 3}) if row.suite == "routing" else row
        for row in table_of(results, Verdicts).rows
    )
    changed = table_of(results, Verdicts).model_copy(update={"rows": rows})
    table = suites_table(results, changed)
    (row,) = [row for row in table.rows if row.head.text == "direct"]
    assert row.cells[SUITES.index("routing")].note == "3 of 25 fail other checks"


def test_a_variant_for_which_the_lab_decides_is_marked(run: Path, seen: ReportView) -> None:
    """Beside its name in both tables, and in words before the verdicts."""
    section = section_of(seen, "verdicts")
    assert any("portkey-conditional: the lab decides the tier" in text for text in section.text)
    for table in (table_in(seen, "verdict"), section.parts[0].table):
        assert table is not None
        (row,) = [row for row in table.rows if row.head.text == "portkey-conditional"]
        assert "the lab decides" in row.head.note
        assert sum("the lab decides" in row.head.note for row in table.rows) == 1
    assert "the lab decides the tier" in (run / "report.md").read_text("utf-8")


def test_the_worst_findings_come_first_in_the_table(seen: ReportView) -> None:
    """Wrong answers by what makes them so, facts, tools, and then checks by name with what is not true."""
    section = section_of(seen, "verdicts")
    table = section.parts[1].table
    assert table is not None
    shown = [row.cells[0].text for row in table.rows]
    assert shown[:7] == [
        "Answers from another conversation",
        "Answers to another question",
        "Answers to another context",
        "Answers shared across user ids",
        "Answers in spite of other settings",
        "Facts lost",
        "Needed tools not intact",
    ]
    assert "tier_acceptable" in shown[7:]
    assert all(row.head.href.startswith("evidence.html#") for row in table.rows)


def test_every_scenario_of_a_large_suite_has_one_verdict_a_variant(
    results: Results, seen: ReportView
) -> None:
    """Repeats that pass of those judged, leading to the evidence; what was not judged says why."""
    cells = cell_map(results)
    for name in SUITES:
        suite, grids = section_of(seen, f"suite-{name}"), grids_of(seen, name)
        names = [scenario.id for scenario in results.scenarios if scenario.suite == name]
        assert names
        assert bool(grids) == (len(names) > FEW)
        if not grids:
            assert [part.id for part in suite.parts] == [f"scenario-{name}" for name in names]
            continue
        rows = {row.head.text: row for _, grid in grids for row in grid.rows}
        assert sorted(rows) == sorted(names)
        columns = [column.title for column in grids[0][1].columns[1:]]
        assert "ollama" not in columns
        absent = [str(block.spans[0]) for block in suite.blocks if isinstance(block, Line)]
        assert any(text.startswith("ollama: ") for text in absent)
        for scenario_id, row in rows.items():
            for variant, fig in zip(columns, row.cells, strict=True):
                cell = cells[variant, scenario_id]
                if cell.passes.of:
                    assert fig.text == f"{cell.passes.passed} of {cell.passes.of}"
                    assert fig.href == evidence_link(variant, scenario_id)
                    assert (fig.tone == "good") == (cell.passes.passed == cell.passes.of)
                else:
                    assert fig.ref, (variant, scenario_id)


def test_a_grid_shows_the_figure_that_its_scenarios_are_about(seen: ReportView) -> None:
    """Tiers for routing, facts and tokens for compression, hits for caches, a wrong answer above all."""
    notes: dict[tuple[str, str], set[str]] = {}
    for suite in SUITES:
        for _, grid in grids_of(seen, suite):
            for row in grid.rows:
                for column, fig in zip(grid.columns[1:], row.cells, strict=True):
                    notes.setdefault((suite, column.title), set()).add(fig.note)
    assert notes["routing", "lynkr"] == {"SIMPLE"}
    assert notes["routing", "portkey-conditional"] == {"SIMPLE", "COMPLEX"}
    assert notes["routing", "direct"] == {""}
    assert {"hit", "miss", "wrong answer"} == notes["cache", "lynkr"]
    assert notes["cache", "direct"] == {"miss"}
    assert any(
        re.fullmatch(r"1 of 2 facts; \u2212\d+\.\d% tokens", note) for note in notes["compression", "lynkr"]
    )
    assert notes["compression", "direct"] == {"2 of 2 facts; 0% tokens"}
    assert notes["tools", "lynkr"] == {"0 of 1 tools"}


def test_the_head_of_a_grid_says_who_fails_in_it(results: Results, seen: ReportView) -> None:
    """The folded line names each failing variant with as many scenarios as fail there."""
    cells = cell_map(results)
    assert sum(len(grids_of(seen, suite)) for suite in SUITES) > 5
    for suite in SUITES:
        for part, grid in grids_of(seen, suite):
            names = [row.head.text for row in grid.rows]
            assert names
            failed = {}
            for variant in results.variants:
                passes = [cells[variant.name, name].passes for name in names]
                failed[variant.name] = sum(one.passed < one.of for one in passes)
            told = ", ".join(f"{name} {count}" for name, count in failed.items() if count)
            assert part.verdict is not None
            assert part.verdict.text == (f"fails: {told}" if told else "all pass")


def test_large_suites_are_rows_by_class_with_the_sums_of_the_results(
    results: Results, seen: ReportView
) -> None:
    """Tokens of a class are the sums over its compared scenarios, for each variant."""
    shown = lines(results, cell_map(results))
    tokens = table_in(seen, "tokens-by-scenario")
    assert len(tokens.rows) == len(shown) < len(results.scenarios)
    (json_line,) = [line for line in shown if line.label == "compression: Content: json"]
    (row,) = [row for row in tokens.rows if row.head.text == "compression: Content: json"]
    columns = [column.title for column in tokens.columns[2:]]
    for variant, fig in zip(columns, row.cells[1:], strict=True):
        if variant != "ollama":
            sums = json_line.figures[variant].tokens
            assert sums.forwarded is not None
            assert fig.text == f"{sums.forwarded:,.0f}"
    assert len(few_lines(results, cell_map(results), most=12)) <= 7 + len(SUITES)


def test_a_suite_as_one_row_is_the_sum_of_its_classes(results: Results) -> None:
    """No token and no fact is lost or counted twice where classes are summed up."""
    shown = few_lines(results, cell_map(results), most=1)
    (line,) = [line for line in shown if line.label == "compression"]
    classes = [row for row in results.classes if (row.suite, row.variant) == ("compression", "lynkr")]
    assert len(classes) > 3
    assert line.figures["lynkr"].tokens.forwarded == sum(row.tokens.forwarded or 0 for row in classes)
    assert line.figures["lynkr"].facts.kept == sum(row.facts.kept or 0 for row in classes)
    assert line.figures["lynkr"].facts.total == sum(row.facts.total for row in classes)


def test_charts_leave_out_panels_that_show_no_difference(seen: ReportView) -> None:
    """Of eight variants only those that changed something are drawn; the others are named."""
    charts = {chart.id: chart for chart in seen.charts}
    drawn = [panel.title for panel in charts["tokens"].panels]
    assert drawn == ["litellm-cache", "lynkr"]
    assert "direct, litellm, litellm-router" in charts["tokens"].description
    assert [panel.title for panel in charts["facts"].panels] == ["lynkr"]


def test_contents_lead_to_every_section_in_reading_order(run: Path, seen: ReportView) -> None:
    """Each entry's anchor is on the page, in the order of the entries."""
    text = (run / "report.html").read_text("utf-8")
    contents = text[text.index('aria-label="Contents"') : text.index("</nav>")]
    entries = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', contents)
    places = [text.index(f'id="{anchor}"') for anchor, _ in entries]
    assert places == sorted(places)
    titles = [title for _, title in entries]
    assert titles[:3] == ["Wrong answers", "Summary", "Verdicts"]
    assert {section.short or section.title for section in seen.sections} <= set(titles)
    suites = [f"Suite {name}" for name in SUITES]
    assert titles[titles.index("Scenarios") + 1 :][: len(suites)] == suites


def test_markdown_has_the_grids_in_files_of_their_own(run: Path, seen: ReportView) -> None:
    """report.md leads to them; all tables are whole, every link exists, and nothing is folded."""
    files = {section.file for section in seen.files}
    made = {path.name for path in (*run.glob("scenarios-*.md"), *run.glob("more-*.md"))}
    assert made == files
    assert len([name for name in files if name.startswith("scenarios-")]) >= 3
    is_there = link_checker(run)
    for path in [run / "report.md", *(run / name for name in sorted(files))]:
        text = path.read_text("utf-8")
        width = 0
        for line in text.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) - 1
            if not line.startswith("|"):
                width = 0
                continue
            width = width or cells
            assert cells == width, line
        for target in re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text):
            assert is_there(target), (path.name, target)
        assert "<details>" not in text
    assert all(f"({name})" in (run / "report.md").read_text("utf-8") for name in files)


def test_every_scenario_of_a_large_suite_is_in_its_markdown_file(
    run: Path, results: Results, seen: ReportView
) -> None:
    """Nothing that the page shows is missing from the files."""
    assert any(section_of(seen, f"suite-{suite}").file for suite in SUITES)
    for suite in SUITES:
        if name := section_of(seen, f"suite-{suite}").file:
            text = (run / name).read_text("utf-8")
            for scenario in results.scenarios:
                assert (f"**{scenario.id}**" in text) == (scenario.suite == suite)


def test_a_report_of_many_scenarios_stays_small(run: Path, results: Results) -> None:
    """200 scenarios through nine variants, all figures linked: below 1.1 MB, Markdown below 250 kB."""
    assert len(results.scenarios) > 170
    assert (run / "report.html").stat().st_size < 1_100_000
    assert (run / "report.md").stat().st_size < 250_000


def test_the_method_names_the_checks_of_every_suite(results: Results, seen: ReportView) -> None:
    """Who wants to know why a scenario failed finds which checks judge it."""
    rows = {row.head.text: row.cells for row in table_in(seen, "suites").rows}
    assert list(rows) == list(SUITES)
    for suite in SUITES:
        scenarios = [scenario for scenario in results.scenarios if scenario.suite == suite]
        assert rows[suite][0].text == str(len(scenarios))
        named = {name for scenario in scenarios for name in scenario.checks}
        assert set(rows[suite][3].text.split(", ")) == (named or {"all that are registered"})
    assert rows["routing"][2].text == "3"
    (method,) = [block for block in section_of(seen, "method").blocks if isinstance(block, Facts)]
    terms = {term for term, _ in method.pairs}
    assert {"Verdicts", "Passes and state", "Classes", "Where the lab decides", "Facts kept"} <= terms


def _one_cache(root: Path) -> Results:
    """A suite of 25 pairs, of which `litellm` answers each third probe from its cache."""
    infos = [
        scenario(
            f"CA-{number}{part}",
            suite="cache",
            sequence=f"pair-{number}",
            cache_differs=differs,
            checks=CHECKS,
        )
        for number in range(25)
        for part, differs in (("a", None), ("b", "settings"))
    ]
    builder = RunBuilder(root, scenarios=infos, repeats=1)
    for name in ("direct", "litellm"):
        for number in range(25):
            builder.exchange(name, f"CA-{number}a")
            kept = name == "litellm" and number % 3 == 0
            first: dict[str, Any] = (
                {"calls": [], "marker": marker_of(f"r1-CA-{number}a-{name}")} if kept else {}
            )
            builder.exchange(name, f"CA-{number}b", **first)
    return build_results(builder.store)


def test_hits_of_a_cache_are_of_all_that_were_asked_and_wrong_where_they_must_miss(tmp_path: Path) -> None:
    """Nine of 25 probes, not nine of the nine that hit; what was asked first is no probe."""
    rows = [
        (row.head.text, row.cells[0].text, row.cells[1].words)
        for row in cache_table(_one_cache(tmp_path)).rows
    ]
    assert rows == [
        ("direct, cache", "must miss", "\u2713 0 of 25"),
        ("litellm, cache", "must miss", "\u2717 9 of 25"),
    ]


def test_wrong_answers_from_a_cache_are_no_neutral_figure_of_the_summary(tmp_path: Path) -> None:
    """How many of the hits are wrong stands beside them, in the tone of a failure."""
    results = _one_cache(tmp_path)
    shown = {name: cache_fig(results.total(name)) for name in ("direct", "litellm")}
    assert (shown["direct"].words, shown["direct"].tone) == ("0 of 50", "")
    assert shown["litellm"].words == "\u2717 9 of 50 answers (9 of them wrong)"
    assert shown["litellm"].tone == "bad"


def test_many_contradicted_claims_are_one_row_a_variant_and_kind(tmp_path: Path) -> None:
    """A gateway that misstates usage a hundred times has one row that says how often."""
    scenarios = tuple(scenario(f"S{n}") for n in range(60))
    builder = RunBuilder(tmp_path, scenarios=scenarios, repeats=1)
    for info in scenarios:
        builder.exchange("direct", info.id)
        builder.exchange("litellm", info.id, usage=Usage(input=900, output=20))
    (row,) = table_in(build(build_results(builder.store)), "contradictions").rows
    assert (row.head.text, row.head.note, row.head.href) == (
        "litellm",
        "S0 and 59 more",
        evidence_link("litellm", "S0"),
    )
    assert [fig.text for fig in row.cells[:2]] == ["input tokens in usage", "900 tokens"]


def test_many_cells_with_cache_hits_are_summed_by_suite(results: Results, seen: ReportView) -> None:
    """Hits and foreign answers of a suite are sums over its cells, none is lost."""
    caches = table_in(seen, "caches")
    assert len(caches.rows) < 40
    foreign = sum(cell.cache.foreign for cell in results.cells if cell.status == "measured")
    hits = sum(cell.cache.hits for cell in results.cells if cell.status == "measured")
    assert sum(int(row.cells[2].text) for row in caches.rows) == foreign > 0
    assert sum(int(row.cells[1].text.split(" of ")[0]) for row in caches.rows) == hits > 0


def test_hostile_texts_in_the_new_places_are_inert(run: Path) -> None:
    """Titles in grids, decisions of the lab, reasons of what is missing and of what failed are escaped."""
    text = (run / "report.html").read_text("utf-8")
    for begin in ('id="verdicts"', 'id="suite-routing"', 'id="findings"', 'id="not-judged"'):
        part = text[text.index(begin) :]
        assert "&lt;script&gt;alert" in part[: part.index("</section>")], begin
    assert "<script" not in text


def test_hostile_titles_of_suites_and_classes_are_inert_in_every_file(tmp_path: Path) -> None:
    """A foreign folder of prompts cannot put markup into headings, folds, contents, charts or Markdown."""
    bad = f"</summary></details><img src=x onerror=alert(1)> [x](javascript:alert(1)) {HOSTILE}"
    scenarios = tuple(
        scenario(f"P{n}", suite="own", title=bad, class_=f"g{n % 2}", class_title=bad) for n in range(14)
    )
    builder = RunBuilder(tmp_path, scenarios=scenarios, repeats=1, over={"suite_titles": {"own": bad}})
    for info in scenarios:
        builder.exchange("direct", info.id)
        builder.exchange("litellm", info.id, marker="labmark-0000000000000000", usage=Usage(input=900))
    render(builder.store.path)
    files = [builder.store.path / "report.html", *builder.store.path.glob("*.md")]
    assert len(files) >= 3
    for path in [*files, *builder.store.path.glob("charts/*.svg")]:
        text = path.read_text("utf-8")
        assert "<img" not in text
        assert "<script" not in text
        assert "</summary></details>&lt;" not in text
        assert path.suffix != ".md" or not re.search(r"(?<!\\)\]\(javascript", text)
        assert not set("\x00\x1b\u202e\u202c") & set(text)
