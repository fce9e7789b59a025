"""The evidence pages: per cell, every repeat's figures, and one exchange from request to answer, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import scenario_anchor
from lab.kit.tables import ALERT, Col, Fig, Table, col, judged, missing, num, status_word, table
from lab.kit.text import one_line
from lab.records.store import RunStore
from lab.report.bodies import CHAT, Bodies, Exchange, Raw, comparisons, raws
from lab.report.layout import Comparison
from lab.results.cell import Cell, CheckResult
from lab.results.models import ScenarioRow, VariantRow

NO_USAGE, NO_ANSWER = "The answer states no usage.", "The answer holds nothing to count."
NONE_JUDGED = Fig("none to judge", tone="missing")
VERDICTS = {
    "pass": judged("passed", right=True),
    "fail": judged("failed", right=False),
    "not_applicable": Fig("not applicable", tone="missing"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One evidence page."""

    variant: str
    scenario: str
    scenario_title: str
    status: Fig
    facts: tuple[tuple[str, Fig], ...]
    repeats: Table
    checks: Table
    shown: str
    shown_why: str
    comparisons: tuple[Comparison, ...]
    raws: tuple[Raw, ...]
    back: str


def page(
    cell: Cell, scenario: ScenarioRow, variant: VariantRow, exchanges: Sequence[Exchange], store: RunStore
) -> Page:
    """The evidence page of a cell; bodies are read here and forgotten with the page."""
    completed = next((one for one in exchanges if one.record.status == "completed"), None)
    shown, reader = completed or exchanges[0], Bodies(store)
    return Page(
        variant=one_line(variant.name, 60),
        scenario=one_line(scenario.id, 60),
        scenario_title=one_line(scenario.title, 120),
        status=Fig(status_word(cell.status), one_line(cell.reason or "", 300)),
        facts=tuple(_facts(cell)),
        repeats=_repeats(exchanges),
        checks=_checks(cell),
        shown=shown.record.id,
        shown_why="the first one that completed" if completed else "the first one, as none completed",
        comparisons=tuple(comparisons(shown, reader)),
        raws=tuple(raws(shown, reader)),
        back=scenario_anchor(cell.scenario),
    )


def _facts(cell: Cell) -> Iterator[tuple[str, Fig]]:
    tokens = cell.tokens
    if tokens.sent is not None and tokens.forwarded is not None:
        change = numbers.change(tokens.forwarded, tokens.sent)
        note = "" if change is None else numbers.percent(change)
        yield "Tokens", Fig(_sent_forwarded(tokens.sent, tokens.forwarded), note)
    if tokens.sent_parts and tokens.forwarded_parts:
        a, b = tokens.sent_parts, tokens.forwarded_parts
        for name in ("system", "messages", "tools"):
            before, after = getattr(a, name), getattr(b, name)
            if before or after:
                yield f"Of these, {name}", Fig(_sent_forwarded(before, after))
    if cell.facts.kept is not None:
        yield "Facts kept", Fig(f"{numbers.tokens(cell.facts.kept)} of {cell.facts.total:,}")
    if cell.tools.needed_kept is not None and cell.tools.needed:
        yield "Needed tools intact", Fig(f"{numbers.tokens(cell.tools.needed_kept)} of {cell.tools.needed:,}")
    for label, names in (("Tools dropped", cell.tools.dropped), ("Tools added", cell.tools.added)):
        if names:
            yield label, Fig(one_line(", ".join(names), 300))
    for label, cost in (
        ("Cost as routed", cell.cost_usd.as_routed),
        ("Cost, same model", cell.cost_usd.same_model),
    ):
        if cost is not None:
            yield label, Fig(f"{numbers.usd(cost)} USD")
    over = cell.latency_ms.overhead
    if over.median_ms is not None:
        pairs = numbers.counted(over.pairs, "pair")
        spent = over.embedding_ms
        note = f", {numbers.ms(spent)} ms of it embeddings" if spent else ""
        added = f"{numbers.signed_ms(over.median_ms)} ms"
        yield "Latency added", Fig(added, f"median of {pairs}{note}")


def _sent_forwarded(sent: float, forwarded: float) -> str:
    return f"{numbers.tokens(sent)} sent, {numbers.tokens(forwarded)} forwarded"


def _repeats(exchanges: Sequence[Exchange]) -> Table:
    columns: tuple[Col[Exchange], ...] = (
        col("Exchange", lambda one: Fig(one.record.id)),
        col("Outcome", _outcome),
        num("HTTP attempts", _attempts),
        num("Sent", lambda one: Fig(numbers.tokens(one.record.tokens_sent.total)), "tokens"),
        num("Forwarded", lambda one: Fig(numbers.tokens(sum(c.tokens.total for c in one.chat))), "tokens"),
        num("Claimed", lambda one: _optional(one, one.record.answer.usage.input, NO_USAGE), "tokens"),
        num("Answered", lambda one: _optional(one, one.record.tokens_out, NO_ANSWER), "tokens"),
        num("Tools", _tools, "sent, forwarded"),
        col("Model served", _served),
        num("Upstream calls", _calls),
        num("Latency", _latency, "ms"),
        col("Answer's marker", _marker),
    )
    caption = "Every exchange of this cell, in the order it was sent."
    return table("repeats", caption, columns, exchanges)


def _outcome(one: Exchange) -> Fig:
    failed = one.record.status == "failed"
    return judged(one.record.status, not failed, one_line(one.record.reason or "", 300) if failed else "")


def _attempts(one: Exchange) -> Fig:
    attempts = one.record.attempts
    statuses = (str(a.http_status) if a.http_status else "no response" for a in attempts[:6])
    return Fig(numbers.tokens(len(attempts)), ", ".join(statuses))


def _optional(one: Exchange, value: int | None, sentence: str) -> Fig:
    if value is not None:
        return Fig(f"{value:,}")
    if one.record.status == "failed":
        return missing("failed", one_line(one.record.reason or "", 300) or "The exchange failed.")
    return missing("not stated", sentence)


def _tools(one: Exchange) -> Fig:
    chat = one.chat
    return Fig(f"{len(one.record.tools_sent)}, {len(chat[-1].tools) if chat else 0}")


def _served(one: Exchange) -> Fig:
    names = [f"{c.model or 'no model named'}{f' ({c.tier})' if c.tier else ''}" for c in one.chat]
    if not names:
        return missing("none", "No model was called in this exchange.")
    return Fig(one_line(", ".join(dict.fromkeys(names)), 120))


def _calls(one: Exchange) -> Fig:
    kinds: Counter[str] = Counter(call.kind for call in one.calls)
    other = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()) if kind != CHAT)
    rejected = sum(call.status >= 400 for call in one.calls)
    notes = [f"and {other}" if other else "", f"{rejected} rejected" if rejected else ""]
    return Fig(str(kinds[CHAT]), ", ".join(n for n in notes if n))


def _latency(one: Exchange) -> Fig:
    latency, own = one.record.latency_ms, one.record.own_ms
    if latency is None:
        return missing("failed", one_line(one.record.reason or "No response came back.", 300))
    return Fig(
        numbers.ms(latency), f"{numbers.ms(own)} without the provider's part" if own is not None else ""
    )


def _marker(one: Exchange) -> Fig:
    markers = one.record.answer.markers
    if not markers:
        return Fig("none in the answer", tone="missing")
    if one.record.marker in markers:
        return Fig("its own")
    return Fig("another exchange's", one_line(", ".join(markers), 80), "warn", ALERT)


def _checks(cell: Cell) -> Table:
    columns: tuple[Col[tuple[str, CheckResult]], ...] = (
        col("Check", lambda row: Fig(one_line(row[0], 60))),
        col("Verdict", lambda row: VERDICTS[row[1].verdict]),
        col(
            "Exchanges passed",
            lambda row: Fig(numbers.share(row[1].passed, row[1].of)) if row[1].of else NONE_JUDGED,
        ),
        col("Why", lambda row: Fig(one_line(row[1].why, 400))),
    )
    return table("checks", "Checks of this cell, over its repeats.", columns, cell.checks.items())
