"""What a figure stands for is said beside it: its scenarios, its prices, and who made the decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.kit.deciding import price_note
from lab.kit.tables import Fig, Table
from lab.records.manifest import PriceInfo
from lab.report import render
from lab.report.build import build_results
from lab.report.by_class import class_cost_tables, feature_tables
from lab.report.costs import cost_table, monthly_table
from lab.report.reliability import latency_table
from lab.report.sections import build
from lab.report.summary import verdict_table
from lab.report.systems import method_terms
from lab.results.cell import Overhead
from lab.results.models import Results
from tests.unit.records_builder import RunBuilder, scenario
from tests.unit.sample_run import sample_run
from tests.unit.suites_run import suites_run

TOLD = "the lab decided"
PAID = "a request that nothing routes is paid for as claude-sonnet-4-5, at 3 USD per million tokens of input"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run of six suites through nine variants, of which eight ran and one lets the lab decide."""
    return build_results(suites_run(tmp_path_factory.mktemp("suites")))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run of one suite through five variants, of which four ran."""
    return build_results(sample_run(tmp_path_factory.mktemp("sample")))


def _fig(table: Table, variant: str, column: str, nth: int = 0) -> Fig:
    places = [n for n, one in enumerate(table.columns) if one.title == column]
    (row,) = [row for row in table.rows if row.head.text == variant]
    return row.cells[places[nth] - 1]


def test_the_first_line_says_how_many_variants_ran(results: Results, tmp_path: Path) -> None:
    """One of nine could not be started; where all ran there is nothing to tell apart."""
    assert "through 8 of 9 variants" in build(results).lead
    builder = RunBuilder(tmp_path, repeats=1)
    for name in ("direct", "litellm"):
        builder.exchange(name, "S1")
    assert "through 2 variants" in build(build_results(builder.store)).lead


def test_the_summary_says_which_columns_cover_what(results: Results) -> None:
    """Sums cover the compared scenarios, counts of what went wrong all that a variant was asked."""
    caption = verdict_table(results).caption
    compared = len(results.comparison.scenarios)
    assert f"facts and tools cover the {compared} scenarios that all compared variants completed" in caption
    assert "tiers, caches and failures cover all valid scenarios that a variant was asked" in caption


def test_the_median_scenario_stands_beside_a_sum_that_says_something_else(sample: Results) -> None:
    """Lynkr forwards less in sum, and more in most scenarios; the control's scenarios are as its sum."""
    row = sample.total("lynkr")
    assert row.median_change_percent is not None
    changed = row.model_copy(update={"median_change_percent": 218.4})
    totals = tuple(changed if one.variant == "lynkr" else one for one in sample.totals)
    table = verdict_table(sample.model_copy(update={"totals": totals}))
    assert _fig(table, "lynkr", "Tokens forwarded").note.endswith("sent; median scenario +218%")
    assert "median" not in _fig(table, "direct", "Tokens forwarded").note


def test_tools_are_called_intact_everywhere(sample: Results, tmp_path: Path) -> None:
    """A tool whose schema changed was forwarded: no page calls it not kept."""
    for store in (sample_run(tmp_path / "one", repeats=1), suites_run(tmp_path / "many", repeats=1)):
        text = "\n".join(path.read_text("utf-8") for path in render(store.path).html.parent.rglob("*.html"))
        assert "Needed tools intact" in text
        assert "eeded tools kept" not in text
        assert "eeded tools lost" not in text
    assert "changed schema" in str(dict(method_terms(sample))["Needed tools intact"])


def test_tiers_are_counted_in_prompts(results: Results) -> None:
    """Two prompts of core and five of routing, without their ten rewordings."""
    fig = _fig(verdict_table(results), "lynkr", "Tier right")
    found = results.total("lynkr").prompts_right
    assert (found.seen, found.of) == (7, 7)
    assert (fig.text, fig.note, fig.tone) == (f"{found.right} of 7", "prompts", "bad")
    assert _fig(verdict_table(results), "direct", "Tier right").text == "does not route"


def test_what_the_lab_decided_is_told_and_neither_good_nor_bad(results: Results) -> None:
    """In the summary, in the costs, by class, by feature and by month; the same-model cost is its own."""
    name = "portkey-conditional"
    summary, monthly, costs = verdict_table(results), monthly_table(results), cost_table(results)
    (_, routed), (_, same) = class_cost_tables(results)
    features = [table for *_, table in feature_tables(results)]
    marked = [
        _fig(summary, name, "Cost as routed"),
        _fig(summary, name, "Tier right"),
        _fig(costs, name, "As routed"),
        _fig(costs, name, "Difference"),
        _fig(monthly, name, "As routed"),
        *(row.cells[routed.columns.index(_column(routed, name)) - 1] for row in routed.rows),
        *(_fig(table, name, "As routed") for table in features),
    ]
    shown = [fig for fig in marked if fig.tone != "missing"]
    assert len(shown) > 10
    for fig in shown:
        assert TOLD in fig.note, fig
        assert (fig.tone, fig.sign in {"\u2713", "\u2717"}) == ("", False), fig
    assert TOLD not in _fig(summary, name, "Cost, same model").note
    assert not any(TOLD in fig.note for row in same.rows for fig in row.cells)
    assert TOLD not in _fig(summary, "lynkr", "Cost as routed").note


def _column(table: Table, title: str) -> object:
    return next(column for column in table.columns if column.title == title)


def test_a_saving_that_the_lab_decided_is_no_saving(results: Results) -> None:
    """The month has a reason in its place; what the gateway does by itself stays."""
    table = monthly_table(results)
    fig = _fig(table, "portkey-conditional", "Saving")
    assert (fig.text, fig.tone) == (TOLD, "missing")
    assert table.notes[fig.ref - 1].endswith("a saving as routed is not its own.")
    assert _fig(table, "portkey-conditional", "Saving", 1).tone != "missing"
    assert _fig(table, "lynkr", "Saving").tone != "missing"


def test_savings_stand_beside_facts_and_wrong_answers(results: Results) -> None:
    """What a saving was bought with: lynkr lost facts and served eight wrong answers, direct none."""
    table = monthly_table(results)
    wrong = sum(one.times for one in results.wrong_answers.served if one.variant == "lynkr")
    lynkr, direct = (_fig(table, name, "Wrong answers") for name in ("lynkr", "direct"))
    # Of the eight probes that must miss six got an earlier answer; two answers were somebody else's.
    assert (lynkr.text, lynkr.note, lynkr.tone) == ("6 of 8", "2 of 84 from another conversation", "bad")
    assert (direct.text, direct.tone) == ("0 of 8", "good")
    assert wrong == 8
    facts = results.total("lynkr").facts
    assert facts.kept is not None
    assert _fig(table, "lynkr", "Facts kept").text == f"{facts.kept:,.0f} of {facts.total}"
    assert _fig(table, "lynkr", "Facts kept").tone == "bad"


def test_prices_stand_under_the_summary_and_the_costs(results: Results, tmp_path: Path) -> None:
    """Which tiers cost nothing, and what is paid where nothing routes; only where a variant routes."""
    note = price_note(results)
    assert note.startswith(
        f"At this run's prices SIMPLE and MEDIUM cost nothing, and {PAID} and 15 of output"
    )
    paths = render(suites_run(tmp_path).path)
    assert paths.html.read_text("utf-8").count("SIMPLE and MEDIUM cost nothing, and a request") == 3
    assert paths.markdown.read_text("utf-8").count("SIMPLE and MEDIUM cost nothing, and a request") == 3
    plain = tuple(variant.model_copy(update={"routes": False}) for variant in results.variants)
    assert price_note(results.model_copy(update={"variants": plain})) == ""


@pytest.mark.parametrize(
    ("paid", "begin"),
    [(("SIMPLE",), "MEDIUM costs nothing, and a request"), (("SIMPLE", "MEDIUM"), "a request that nothing")],
)
def test_the_price_sentence_is_built_from_the_prices(
    results: Results, paid: tuple[str, ...], begin: str
) -> None:
    """A tier that has a price is not called free, and where none is free nothing is said of it."""
    price = PriceInfo(input="0", output="0.1", source="made up")
    tiers = {
        name: tier.model_copy(update={"price": price}) if name in paid else tier
        for name, tier in results.run.tiers.items()
    }
    run = results.run.model_copy(update={"tiers": tiers})
    note = price_note(results.model_copy(update={"run": run}))
    assert note.startswith(f"At this run's prices {begin}")


def test_latency_of_whole_answers_and_streams_is_shown_apart(sample: Results) -> None:
    """Two columns where a stream was asked for, none where not; the pooled figure stays."""
    assert "Added to streams" not in [column.title for column in latency_table(sample).columns]
    apart = {
        "added_to_whole": Overhead(median_ms=5.64, pairs=318),
        "added_to_streams": Overhead(median_ms=31.8, pairs=1),
    }
    totals = tuple(
        one.model_copy(update=apart)
        if one.variant == "lynkr"
        else one.model_copy(update={"reasons": one.reasons | {"added_to_streams": "it sent none"}})
        for one in sample.totals
    )
    table = latency_table(sample.model_copy(update={"totals": totals}))
    assert [column.title for column in table.columns][1:4] == [
        "Added",
        "Added to whole answers",
        "Added to streams",
    ]
    assert _fig(table, "lynkr", "Added to whole answers").words == "+5.64 (318 pairs)"
    assert _fig(table, "lynkr", "Added to streams").words == "+31.8 (1 pair)"
    assert _fig(table, "direct", "Added to streams").text == "control"
    missing = _fig(table, "litellm", "Added to streams")
    assert (missing.text, table.notes[missing.ref - 1]) == ("no pair", "it sent none")
    assert _fig(table, "lynkr", "Added").text == _fig(latency_table(sample), "lynkr", "Added").text


def test_a_prompt_that_showed_no_tier_is_said(tmp_path: Path) -> None:
    """A router that answers from its cache decided nothing there."""
    infos = (scenario("A", acceptable_tiers=("SIMPLE",)), scenario("B", acceptable_tiers=("SIMPLE",)))
    builder = RunBuilder(tmp_path, scenarios=infos, repeats=1)
    for info in infos:
        builder.exchange("direct", info.id)
        builder.exchange("litellm", info.id, calls=[])
    found = build_results(builder.store)
    right = found.total("litellm").prompts_right.model_copy(update={"right": 1, "seen": 1, "of": 2})
    totals = tuple(one.model_copy(update={"prompts_right": right}) for one in found.totals)
    variants = tuple(one.model_copy(update={"routes": True}) for one in found.variants)
    fig = _fig(
        verdict_table(found.model_copy(update={"totals": totals, "variants": variants})),
        "litellm",
        "Tier right",
    )
    assert (fig.text, fig.note, fig.tone) == ("1 of 1", "prompts, 1 showed no tier", "good")
