"""What the report says of tools: selection, schemas, descriptions, choices, calls and ids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.exchange.toolset import selection_of
from lab.report.build import build_results
from lab.report.markdown import table
from lab.results.models import Results
from lab.tokens import count_parts
from lab.topics.tools import section
from lab.topics.tools.table import NamedTool, Share, ToolsetRow, Toolsets
from lab.wires import read_request
from lab.wires.neutral import ToolCall
from tests.unit.records_builder import BASH_TOOL, READ_TOOL, Call, RunBuilder, scenario, table_of, variant

CHECKS = (
    "tool_call_intact",
    "tools_kept",
    "tools_added",
    "tool_choice_kept",
    "parallel_calls_kept",
    "tool_history_kept",
    "tool_ids_kept",
)
EDIT_TOOL = {
    "name": "Edit",
    "description": "Edit a file",
    "input_schema": {"type": "object", "properties": {}},
}
SPY_TOOL = {"name": "Spy", "description": "Tell all", "input_schema": {"type": "object", "properties": {}}}
ALL = [READ_TOOL, BASH_TOOL, EDIT_TOOL]
CALL = ToolCall(id="c1", name="Read", input={"file_path": "a"})
SCENARIOS = (
    scenario("T1", suite="tools", checks=CHECKS, tools_needed=("Read",)),
    scenario("T2", suite="tools", checks=CHECKS, tools_needed=("Read", "Bash")),
    scenario("T3", suite="tools", checks=CHECKS),
)


def request(tools: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A request with these tools."""
    return {"max_tokens": 9, "messages": [{"role": "user", "content": "Go."}], "tools": tools, **fields}


def names(tools: list[dict[str, Any]]) -> tuple[str, ...]:
    """The names of these tools."""
    return tuple(tool["name"] for tool in tools)


SENT = {"T1": request(ALL), "T2": request(ALL), "T3": request(ALL, tool_choice={"type": "any"})}


def shorter(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool with half of its description."""
    return tool | {"description": tool["description"][:6]}


def forwarded(name: str) -> dict[str, Any]:
    """What a gateway forwards that selects well in T1, badly in T2, and spies in T3."""
    return {
        "T1": request([shorter(READ_TOOL)]),
        "T2": request([READ_TOOL | {"input_schema": {"type": "object", "properties": {}}}, EDIT_TOOL]),
        "T3": request([*ALL, SPY_TOOL], tool_choice={"type": "auto"}),
    }[name]


def run(root: Path) -> Results:
    """The control, a selecting gateway, and one that could not be started."""
    builder = RunBuilder(
        root,
        variants=(
            variant("direct"),
            variant("lynkr"),
            variant("portkey", status="unavailable", reason="no image"),
        ),
        scenarios=SCENARIOS,
        repeats=1,
    )
    for name, sent in SENT.items():
        common: dict[str, Any] = {"body": sent, "tools": names(ALL)}
        builder.exchange("direct", name, calls=[Call(tool_calls=(CALL,))], tool_calls=(CALL,), **common)
        arrived = forwarded(name)
        call = Call(body=arrived, tools=names(arrived["tools"]), tool_calls=(CALL,))
        got = CALL if name != "T2" else replace(CALL, id="other", input={"file_path": "b"})
        builder.exchange("lynkr", name, calls=[call], tool_calls=(got,), **common)
    return build_results(builder.store)


def row(results: Results, name: str) -> ToolsetRow:
    """The row of one variant."""
    return next(one for one in table_of(results, Toolsets).rows if one.variant == name)


@pytest.mark.parametrize(
    ("needed", "arrived", "expected"),
    [
        (("a",), ("a", "b", "c", "d"), (0.25, 1.0, 0.4)),
        (("a", "b"), ("a", "b"), (1.0, 1.0, 1.0)),
        (("a", "b"), ("a",), (1.0, 0.5, 2 / 3)),
        (("a",), ("b",), (0.0, 0.0, 0.0)),
        (("a",), (), (0.0, 0.0, 0.0)),
    ],
)
def test_precision_recall_and_f1(
    needed: tuple[str, ...], arrived: tuple[str, ...], expected: tuple[float, float, float]
) -> None:
    """One of four is 0.25 precise; half of what is needed is a recall of 0.5."""
    found = selection_of(needed, arrived)
    assert (found.precision, found.recall, found.f1) == pytest.approx(expected)


def test_the_control_sends_everything(tmp_path: Path) -> None:
    """Three tools for one and for two: precision (1/3 + 2/3) / 2, recall 1, F1 (0.5 + 0.8) / 2."""
    results = run(tmp_path)
    direct = row(results, "direct")
    assert direct.precision == pytest.approx(0.5)
    assert direct.recall == pytest.approx(1.0)
    assert direct.f1 == pytest.approx(0.65)
    assert (direct.schemas, direct.described) == (Share(passed=3, of=3), Share(passed=9, of=9))
    assert (direct.removed, direct.added, direct.added_tokens) == ((), (), 0.0)
    assert direct.calls == direct.ids == Share(passed=3, of=3)
    assert (direct.choice, direct.parallel) == (Share(passed=1, of=1), Share())
    assert direct.history == Share()


def test_a_selecting_gateway_is_judged_by_what_it_forwards(tmp_path: Path) -> None:
    """T1 keeps just Read (1, 1, 1); T2 keeps Read and Edit of Read and Bash (1/2, 1/2, 1/2)."""
    lynkr = row(run(tmp_path), "lynkr")
    assert (lynkr.precision, lynkr.recall, lynkr.f1) == (0.75, 0.75, 0.75)


def test_needed_tools_count_as_kept_only_with_all_that_they_say(tmp_path: Path) -> None:
    """Of three none is whole: one description is cut, in T2 Bash is gone and Read lost its schema."""
    assert row(run(tmp_path), "lynkr").schemas == Share(passed=0, of=3)


def test_descriptions_are_counted_over_tools_that_arrived(tmp_path: Path) -> None:
    """1 + 2 + 3 tools arrived that were sent; the one of T1 is shorter."""
    lynkr = row(run(tmp_path), "lynkr")
    assert (lynkr.described, lynkr.shortened) == (Share(passed=5, of=6), 1)


def test_removed_and_added_tools_are_named_and_priced_in_tokens(tmp_path: Path) -> None:
    """Bash is gone twice, Edit and no other once; the spy's tokens are spread over three exchanges."""
    lynkr = row(run(tmp_path), "lynkr")
    assert lynkr.removed == (NamedTool(name="Bash", exchanges=2), NamedTool(name="Edit", exchanges=1))
    assert lynkr.added == (NamedTool(name="Spy", exchanges=1),)
    cost = count_parts(read_request("messages", request([SPY_TOOL]))).tools
    assert lynkr.added_tokens == pytest.approx(cost / 3)


def test_choices_calls_and_ids_are_counted_by_exchange(tmp_path: Path) -> None:
    """T3's any became auto, and nothing else was chosen; T2's call has another id, and other arguments."""
    lynkr = row(run(tmp_path), "lynkr")
    assert lynkr.choice == Share(passed=0, of=1)
    assert lynkr.parallel == Share()
    assert lynkr.calls == Share(passed=2, of=3)
    assert lynkr.ids == Share(passed=2, of=3)


def test_means_cover_scenarios_that_all_compared_variants_forwarded(tmp_path: Path) -> None:
    """T3 needs no tool; a scenario that one variant answered from a cache is left out for all."""
    results = run(tmp_path / "a")
    assert (table_of(results, Toolsets).selection, table_of(results, Toolsets).selection_of) == (
        ("T1", "T2"),
        2,
    )
    builder = RunBuilder(
        tmp_path / "b", variants=(variant("direct"), variant("lynkr")), scenarios=SCENARIOS[:2], repeats=1
    )
    for name in ("T1", "T2"):
        builder.exchange("direct", name, body=SENT[name], tools=names(ALL))
        calls: list[Call] | None = [] if name == "T2" else None
        builder.exchange("lynkr", name, body=SENT[name], tools=names(ALL), calls=calls)
    tables = build_results(builder.store).table(Toolsets)
    assert tables is not None
    assert (tables.selection, tables.selection_of) == (("T1",), 2)
    assert [one.precision for one in tables.rows] == pytest.approx([1 / 3, 1 / 3])


def test_scenarios_without_a_choice_to_make_are_no_selection(tmp_path: Path) -> None:
    """Forwarding the one tool that was sent proves nothing."""
    infos = (scenario("T1", suite="tools", checks=CHECKS, tools_needed=("Read",)),)
    builder = RunBuilder(tmp_path, variants=(variant("direct"),), scenarios=infos, repeats=1)
    builder.exchange("direct", "T1", body=request([READ_TOOL]), tools=("Read",))
    tables = build_results(builder.store).table(Toolsets)
    assert tables is not None
    assert (tables.selection_of, tables.rows[0].precision) == (0, None)


def test_a_variant_that_never_ran_has_a_reason(tmp_path: Path) -> None:
    """No figure of 0 stands for what was not measured."""
    portkey = row(run(tmp_path), "portkey")
    assert (portkey.completed, portkey.precision, portkey.reason) == (0, None, "no image")


def test_a_run_without_such_a_suite_has_no_section(tmp_path: Path) -> None:
    """Core alone says nothing of tool sets."""
    builder = RunBuilder(tmp_path, repeats=1)
    builder.exchange("direct", "S1")
    results = build_results(builder.store)
    assert (results.table(Toolsets), section.section(results)) == (None, None)


def test_the_section_shows_figures_names_and_evidence(tmp_path: Path) -> None:
    """Precision with two digits, names of tools that came and went, and a link for every scenario."""
    made = section.section(run(tmp_path))
    assert made is not None
    tools, calls, scenarios = (str(table(part.table)) for part in made.parts if part.table is not None)
    assert "| 0.75 | 0.75 | 0.75 | \u2717 0 of 3 | 5 of 6 (1 shorter) | 2 (Bash (2), Edit (1))" in tools
    assert "Spy (1)" in tools
    assert "not measured" in tools
    assert "\u2717 2 of 3" in calls
    assert "[4 of 3](evidence.html#lynkr--T3) (not kept: added, choice)" in scenarios
    assert made.parts[-1].folded
