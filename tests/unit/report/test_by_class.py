"""Cost by class in the report, and what totals leave out in one line per class and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.kit import numbers
from lab.kit.cell_figs import between
from lab.records.manifest import ScenarioInfo
from lab.report.build import build_results
from lab.report.by_class import class_cost_tables
from lab.report.costs import cost_table, left_out
from lab.results.models import Results
from lab.results.totals import Interval
from lab.tokens import TokenParts
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

CLASSES = (
    scenario("A", class_="json", class_title="JSON"),
    scenario("B", suite="tools", class_="json", class_title="Tools with JSON"),
    scenario("C", suite="tools", class_="kept", class_title="Kept"),
)
NAMES = ("direct", "lynkr", "portkey")
VARIANTS = (
    variant("direct"),
    variant("lynkr"),
    variant("portkey", status="unavailable", reason="no image"),
)


def results(root: Path, repeats: int = 2, scenarios: tuple[ScenarioInfo, ...] = CLASSES) -> Results:
    """Direct forwards 1,000 tokens and lynkr 500 and 700, which fails C; portkey is unavailable."""
    run = RunBuilder(root, variants=VARIANTS, scenarios=scenarios, repeats=repeats)
    for info in scenarios:
        for repeat in range(1, repeats + 1):
            if info.routers_only:
                run.exchange("lynkr", info.id, repeat)
                continue
            run.exchange("direct", info.id, repeat, calls=[Call(tokens=TokenParts(messages=1000), out=0)])
            failed = {"status": "failed", "reason": "HTTP 500"} if info.id == "C" else {}
            call = Call(tokens=TokenParts(messages=300 + 200 * repeat), out=0)
            run.exchange("lynkr", info.id, repeat, calls=[call], **failed)  # type: ignore[arg-type]
    return build_results(run.store)


def test_each_class_is_a_row_with_differences_and_intervals(tmp_path: Path) -> None:
    """0.0015 and 0.0021 USD against 0.003: 40 % less in the mean, 30 to 50 % less over the repeats."""
    (_, routed), (_, same) = class_cost_tables(results(tmp_path))
    assert (routed.id, same.id) == ("cost-by-class-as_routed", "cost-by-class-same_model")
    assert [column.title for column in routed.columns] == ["Class", "Share", *NAMES]
    core, tools, kept = routed.rows
    assert (core.head.text, core.head.note) == ("JSON", "core/json, 1 scenario")
    assert (tools.head.text, tools.head.note) == ("Tools with JSON", "tools/json, 1 scenario")
    share, direct, lynkr, portkey = core.cells
    assert share.text == "50.0%"
    assert (direct.text, direct.note) == ("0.003000", "the same in all repeats")
    assert lynkr.text == "0.001800"
    assert lynkr.note == "0.001500 to 0.002100; \u221240.0% (\u221250.0% to \u221230.0%)"
    assert portkey.text == "not compared"
    assert "no image" in routed.notes[portkey.ref - 1]
    assert kept.span is not None
    assert (kept.span.text, kept.span.note) == ("not compared", "C: not completed by lynkr")


def test_one_repeat_shows_costs_without_intervals_and_says_why(tmp_path: Path) -> None:
    """The figures stand, with the reason as a numbered note."""
    (_, routed), _ = class_cost_tables(results(tmp_path, repeats=1))
    direct, lynkr = routed.rows[0].cells[1:3]
    assert (direct.note, lynkr.note) == ("", "\u221250.0%")
    assert "needs 2 repeats" in routed.notes[direct.ref - 1]
    total = cost_table(results(tmp_path / "total", repeats=1))
    assert "needs 2 repeats" in " ".join(total.notes)


def test_the_total_has_its_interval_and_that_of_its_difference(tmp_path: Path) -> None:
    """Two scenarios at 0.0015 or 0.0021 each, drawn by themselves: 0.003 to 0.0042 of 0.006 USD."""
    direct, lynkr, portkey = cost_table(results(tmp_path)).rows
    assert (lynkr.cells[0].text, lynkr.cells[0].note) == ("0.003600", "0.003000 to 0.004200")
    assert lynkr.cells[1].note == "\u22120.002400 USD; \u221250.0% to \u221230.0%"
    assert direct.cells[1].text == "baseline"
    assert portkey.span is not None


def test_a_run_of_one_class_needs_no_table_of_classes(tmp_path: Path) -> None:
    """It would repeat the totals."""
    assert class_cost_tables(results(tmp_path, scenarios=CLASSES[:1])) == ()


def test_an_interval_without_width_is_said_in_words() -> None:
    """Only where the repeats do not differ at all; small differences are shown."""
    assert between(Interval(low=0.1, high=0.1), numbers.usd) == "the same in all repeats"
    assert between(Interval(low=0.1, high=0.100001), numbers.usd) == "0.100000 to 0.100001"
    assert between(Interval(low=-50.0, high=12.5), numbers.percent) == "\u221250.0% to +12.5%"


def test_what_routers_only_are_asked_leaves_the_totals_in_one_line(tmp_path: Path) -> None:
    """Forty rewordings are one line with the reason, and shrink no total."""
    rewordings = tuple(
        scenario(f"RT-{n}", suite="routing", class_="coding", class_title="Coding", routers_only=True)
        for n in range(40)
    )
    found = results(tmp_path, scenarios=(*CLASSES[:2], *rewordings))
    assert found.comparison.scenarios == ("A", "B")
    variants, line = left_out(found)
    assert variants.startswith("portkey: completed none of 2 scenarios: unavailable: no image")
    assert line == (
        "routing/coding, 40 scenarios (RT-0, RT-1, RT-2, RT-3, RT-4, RT-5, \u2026): "
        "only routers are asked this, not direct"
    )
    assert len(found.comparison.scenarios_left_out) == 40
    assert found.total("direct").scenarios == 2
    assert not [note for note in found.trust if note.title == "The control is incomplete"]


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"valid": False, "invalid_why": "it mixes wires"}, "declared invalid: it mixes wires"),
        (
            {"unsupported": "Z1 is not translated to the openai wire"},
            "it is not translated to the openai wire",
        ),
    ],
)
def test_reasons_that_differ_only_in_the_scenarios_name_are_one(
    tmp_path: Path, over: dict[str, object], reason: str
) -> None:
    """Two scenarios of a class, one line."""
    first = scenario("Z1", class_="json", class_title="JSON", **over)
    second = first.model_copy(update={"id": "Z2", "unsupported": first.unsupported.replace("Z1", "Z2")})
    run = RunBuilder(tmp_path, scenarios=(scenario("A"), first, second), repeats=1)
    for name in ("direct", "litellm"):
        run.exchange(name, "A")
    (left,) = build_results(run.store).comparison.classes_left_out
    assert (left.suite, left.class_, left.scenarios, left.reason) == ("core", "json", ("Z1", "Z2"), reason)


def test_a_failure_and_a_variant_that_is_not_asked_are_both_said(tmp_path: Path) -> None:
    """A router that fails what only routers are asked does not hide behind those that are not."""
    only = scenario("RT-1", suite="routing", routers_only=True)
    run = RunBuilder(
        tmp_path,
        variants=(variant("direct"), variant("lynkr"), variant("litellm-router")),
        scenarios=(scenario("A"), only),
        repeats=1,
    )
    for name in ("direct", "lynkr", "litellm-router"):
        run.exchange(name, "A")
    run.exchange("litellm-router", "RT-1")
    run.exchange("lynkr", "RT-1", status="failed", reason="HTTP 500")
    (left,) = build_results(run.store).comparison.scenarios_left_out
    assert left.reason == "only routers are asked this, not direct; not completed by lynkr"
