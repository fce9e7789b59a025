"""The evidence pages: per cell, every repeat's figures, and one exchange from request to answer, compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import one_line
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.records.store import RunStore
from lab.report.bodies import CHAT, Bodies, Comparison, Raw, comparisons, raws
from lab.results.cell import Cell
from lab.results.models import ScenarioRow, VariantRow


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of one cell: its exchanges in order, each with its upstream calls."""

    exchanges: tuple[ExchangeRecord, ...]
    calls: dict[str, tuple[UpstreamRecord, ...]]


def page(
    cell: Cell, scenario: ScenarioRow, variant: VariantRow, evidence: Evidence, store: RunStore, back: str
) -> Page:
    """The evidence page of a cell; bodies are read here and forgotten with the page."""
    shown, why = _representative(evidence.exchanges)
    calls = evidence.calls.get(shown.id, ())
    reader = Bodies(store)
    return Page(
        variant=one_line(variant.name, 60),
        scenario=one_line(scenario.id, 60),
        scenario_title=one_line(scenario.title, 120),
        status=Fig(status_word(cell.status), one_line(cell.reason or "", 300)),
        facts=tuple(_facts(cell)),
        repeats=_repeats(evidence),
        checks=_checks(cell),
        shown=shown.id,
        shown_why=why,
        comparisons=tuple(comparisons(shown, calls, reader)),
        raws=tuple(raws(shown, calls, reader)),
        back=back,
    )


def _representative(exchanges: Sequence[ExchangeRecord]) -> tuple[ExchangeRecord, str]:
    completed = [e for e in exchanges if e.status == "completed"]
    if completed:
        return completed[0], "the first one that completed"
    return exchanges[0], "the first one, as none completed"


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
        pairs = "1 pair" if over.pairs == 1 else f"{over.pairs} pairs"
        spent = over.embedding_ms
        note = f", {numbers.ms(spent)} ms of it embeddings" if spent else ""
        added = f"{numbers.signed_ms(over.median_ms)} ms"
        yield "Latency added", Fig(added, f"median of {pairs}{note}")


def _sent_forwarded(sent: float, forwarded: float) -> str:
    return f"{numbers.tokens(sent)} sent, {numbers.tokens(forwarded)} forwarded"


def _repeats(evidence: Evidence) -> Table:
    notes = Notes()
    rows = [_repeat(e, evidence.calls.get(e.id, ()), notes) for e in evidence.exchanges]
    return Table(
        id="repeats",
        caption="Every exchange of this cell, in the order it was sent.",
        columns=(
            Column("Exchange", num=False),
            Column("Outcome", num=False),
            Column("HTTP attempts"),
            Column("Sent", "tokens"),
            Column("Forwarded", "tokens"),
            Column("Claimed", "tokens"),
            Column("Answered", "tokens"),
            Column("Tools", "sent, forwarded"),
            Column("Model served", num=False),
            Column("Upstream calls"),
            Column("Latency", "ms"),
            Column("Answer's marker", num=False),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _repeat(exchange: ExchangeRecord, calls: Sequence[UpstreamRecord], notes: Notes) -> Row:
    chat = [call for call in calls if call.kind == CHAT]
    reason = one_line(exchange.reason or "", 300)
    failed = exchange.status == "failed"
    why = reason or "The exchange failed."

    def optional(value: int | float | None, text: str, sentence: str) -> Fig:
        if value is not None:
            return Fig(text)
        return notes.missing("failed", why) if failed else notes.missing("not stated", sentence)

    claimed, out = exchange.answer.usage.input, exchange.tokens_out
    outcome = Fig("failed", reason, "bad", "\u2717") if failed else Fig("completed", "", "good", "\u2713")
    return Row(
        Fig(exchange.id),
        (
            outcome,
            Fig(numbers.tokens(len(exchange.attempts)), _statuses(exchange)),
            Fig(numbers.tokens(exchange.tokens_sent.total)),
            Fig(numbers.tokens(sum(call.tokens.total for call in chat))),
            optional(claimed, f"{claimed:,}" if claimed is not None else "", "The answer states no usage."),
            optional(out, f"{out:,}" if out is not None else "", "The answer holds nothing to count."),
            Fig(f"{len(exchange.tools_sent)}, {len(chat[-1].tools) if chat else 0}"),
            _served(chat, notes),
            _calls(calls),
            _latency(exchange, notes),
            _marker(exchange),
        ),
    )


def _statuses(exchange: ExchangeRecord) -> str:
    return ", ".join(str(a.http_status) if a.http_status else "no response" for a in exchange.attempts[:6])


def _served(chat: Sequence[UpstreamRecord], notes: Notes) -> Fig:
    names = [f"{c.model or 'no model named'}{f' ({c.tier})' if c.tier else ''}" for c in chat]
    if not names:
        return notes.missing("none", "No model was called in this exchange.")
    return Fig(one_line(", ".join(dict.fromkeys(names)), 120))


def _calls(calls: Sequence[UpstreamRecord]) -> Fig:
    kinds: dict[str, int] = {}
    for call in calls:
        kinds[call.kind] = kinds.get(call.kind, 0) + 1
    other = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()) if kind != CHAT)
    rejected = sum(call.status >= 400 for call in calls)
    notes = [f"and {other}" if other else "", f"{rejected} rejected" if rejected else ""]
    return Fig(str(kinds.get(CHAT, 0)), ", ".join(n for n in notes if n))


def _latency(exchange: ExchangeRecord, notes: Notes) -> Fig:
    if exchange.latency_ms is None:
        return notes.missing("failed", one_line(exchange.reason or "No response came back.", 300))
    own = f"{numbers.ms(exchange.own_ms)} without the provider's part" if exchange.own_ms is not None else ""
    return Fig(numbers.ms(exchange.latency_ms), own)


def _marker(exchange: ExchangeRecord) -> Fig:
    markers = exchange.answer.markers
    if not markers:
        return Fig("none in the answer", tone="missing")
    if exchange.marker in markers:
        return Fig("its own")
    return Fig("another exchange's", one_line(", ".join(markers), 80), "warn", "!")


def _checks(cell: Cell) -> Table:
    rows = []
    looks = {
        "pass": Fig("passed", tone="good", sign="\u2713"),
        "fail": Fig("failed", tone="bad", sign="\u2717"),
        "not_applicable": Fig("not applicable", tone="missing"),
    }
    for name, check in cell.checks.items():
        count = (
            Fig(numbers.share(check.passed, check.of)) if check.of else Fig("none to judge", tone="missing")
        )
        rows.append(
            Row(Fig(one_line(name, 60)), (looks[check.verdict], count, Fig(one_line(check.why, 400))))
        )
    return Table(
        id="checks",
        caption="Checks of this cell, over its repeats.",
        columns=(
            Column("Check", num=False),
            Column("Verdict", num=False),
            Column("Exchanges passed", num=False),
            Column("Why", num=False),
        ),
        rows=tuple(rows),
    )
