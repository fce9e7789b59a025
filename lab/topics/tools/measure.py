"""What became of tools, tool choices and tool calls, variant by variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean

from lab.checks.registry import asks
from lab.exchange.toolset import Selection
from lab.figures.amounts import most_frequent
from lab.figures.grid import Grid
from lab.figures.observation import Observation
from lab.records.manifest import ScenarioInfo
from lab.topics.tools.table import NamedTool, Share, ToolsetRow, Toolsets

CHECKS = {
    "choice": "tool_choice_kept",
    "parallel": "parallel_calls_kept",
    "history": "tool_history_kept",
    "ids": "tool_ids_kept",
    "calls": "tool_call_intact",
}


def toolsets_of(grid: Grid) -> Toolsets | None:
    """What became of tools, tool choices and tool calls; None without such suites."""
    infos = [info for info in grid.valid if asks(info, "toolset")]
    if not infos:
        return None
    names = [status.name for status in grid.manifest.variants]
    selecting = [info for info in infos if _selects(grid, names, info)]
    compared = _compared(grid, names, selecting)
    return Toolsets(
        rows=tuple(_row(grid, name, infos, compared) for name in names),
        scenarios=tuple(info.id for info in infos),
        selection=tuple(info.id for info in compared),
        selection_of=len(selecting),
    )


def _selects(grid: Grid, names: Iterable[str], info: ScenarioInfo) -> bool:
    """Whether more tools are sent than needed, so that there is a selection to make."""
    sent = (one.tools_sent for name in names for one in grid.seen(name, info))
    return bool(info.tools_needed) and max(sent, default=0) > len(info.tools_needed)


def _compared(grid: Grid, names: Iterable[str], infos: Sequence[ScenarioInfo]) -> list[ScenarioInfo]:
    """Scenarios in which every variant that forwarded tools at all did so."""
    able = [name for name in names if any(_selections(grid, name, info) for info in infos)]
    return [info for info in infos if able and all(_selections(grid, name, info) for name in able)]


def _selections(grid: Grid, name: str, info: ScenarioInfo) -> list[Selection]:
    seen = (one.toolset for one in grid.seen(name, info))
    return [toolset.selection for toolset in seen if toolset and toolset.selection]


def _row(
    grid: Grid, name: str, infos: Sequence[ScenarioInfo], compared: Sequence[ScenarioInfo]
) -> ToolsetRow:
    seen = [one for info in infos for one in grid.seen(name, info)]
    done = [one for one in seen if one.completed]
    if not done:
        reasons = [grid.cell(name, info).reason or "" for info in infos]
        return ToolsetRow(variant=name, reason=most_frequent(reasons), exchanges=len(seen))
    kept = [one.tools for one in done if one.tools]
    toolsets = [one.toolset for one in done if one.toolset]
    needed = sum(len(set(tools.needed) - set(tools.lost)) for tools in kept)
    same = sum(len(toolset.compared) - len(toolset.redescribed) for toolset in toolsets)
    return ToolsetRow(
        variant=name,
        exchanges=len(seen),
        completed=len(done),
        schemas=Share(passed=needed - sum(len(tools.broken) for tools in kept), of=needed),
        described=Share(passed=same, of=sum(len(toolset.compared) for toolset in toolsets)),
        shortened=sum(len(toolset.shortened) for toolset in toolsets),
        removed=_named(tools.dropped for tools in kept),
        added=_named(tools.added for tools in kept),
        added_tokens=fmean(toolset.added_tokens for toolset in toolsets) if toolsets else 0.0,
        **_selection(grid, name, compared),
        **{field: _judged(done, check) for field, check in CHECKS.items()},
    )


def _selection(grid: Grid, name: str, infos: Sequence[ScenarioInfo]) -> dict[str, float]:
    """Means over scenarios of the means over repeats; none if there is no such scenario."""
    found = [_selections(grid, name, info) for info in infos]
    if not found or not all(found):
        return {}
    scores = ("precision", "recall", "f1")
    return {score: fmean(fmean(getattr(one, score) for one in each) for each in found) for score in scores}


def _named(groups: Iterable[tuple[str, ...]]) -> tuple[NamedTool, ...]:
    counts = Counter(name for group in groups for name in group)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(NamedTool(name=name, exchanges=times) for name, times in ordered)


def _judged(seen: Iterable[Observation], check: str) -> Share:
    verdicts = Counter(one.checks[check].verdict for one in seen if check in one.checks)
    return Share(passed=verdicts["pass"], of=verdicts["pass"] + verdicts["fail"])
