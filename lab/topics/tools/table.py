"""The part of results.json for toolsets: what became of tools, tool choices and tool calls.

Counts are of exchanges or of tools in exchanges, over all repeats; shares are between 0 and 1.
"""

from __future__ import annotations

from lab.records.models import Record


class Share(Record):
    """`passed` of `of`; nothing was judged if `of` is 0."""

    passed: int = 0
    of: int = 0


class NamedTool(Record):
    """A tool, and in how many exchanges it was removed or added."""

    name: str
    exchanges: int


class ToolsetRow(Record):
    """What one variant did to tools.

    `precision`, `recall` and `f1` judge the forwarded tools against those that the task needs: means over
    the scenarios with more tools than needed that all compared variants completed, each weighing the same.
    `schemas` counts needed tools that arrived with their whole schema. Of the tools that were both sent and
    forwarded, `described` counts those whose description is word for word the same, and `shortened` those
    whose description is shorter. `added_tokens` is what tools cost per exchange, in the mean, that the client
    never sent.
    """

    variant: str
    reason: str | None = None
    exchanges: int = 0
    completed: int = 0
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    schemas: Share = Share()
    described: Share = Share()
    shortened: int = 0
    removed: tuple[NamedTool, ...] = ()
    added: tuple[NamedTool, ...] = ()
    added_tokens: float = 0.0
    choice: Share = Share()
    parallel: Share = Share()
    history: Share = Share()
    ids: Share = Share()
    calls: Share = Share()


class Toolsets(Record):
    """All variants, the scenarios looked at, and those over which precision, recall and F1 are means."""

    rows: tuple[ToolsetRow, ...] = ()
    scenarios: tuple[str, ...] = ()
    selection: tuple[str, ...] = ()
    selection_of: int = 0
