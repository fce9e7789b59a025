"""Tokens saved against facts kept, by kind and size of content."""

from __future__ import annotations

from dataclasses import replace

from lab.kit import numbers
from lab.kit.anchors import (
    by_variant,
    gap,
    is_control,
    scenario_anchor,
    variant_columns,
    variant_head,
    variant_note,
)
from lab.kit.cell_figs import change_fig, evidence_link
from lab.kit.charts import Point
from lab.kit.section import Section, present
from lab.kit.shapes import Chart
from lab.kit.tables import Col, Fig, Row, Table, col, judged, missing, num, table, without
from lab.kit.text import one_line
from lab.results.models import Results, VariantRow
from lab.topics.compression.chart import compression_chart
from lab.topics.compression.table import (
    Compression,
    CompressionPoint,
    Content,
    KindRow,
    LossRow,
    Saved,
    SizeRow,
    Third,
)

PASTED = "user text"
BOTH = "Facts kept, and beneath it the change from tokens sent to tokens forwarded."
EMBEDDINGS = (
    " Beside it, the median time of these exchanges in which embeddings that the system asked for were "
    "computed; another service for them may be faster or slower."
)
WHERE = (
    "Facts are spread evenly. Where the middle loses more than both ends, content is cut; where the "
    "start of a conversation loses more than its end, older turns are summed up."
)
LEAD = (
    (
        "Content of some size, sent once as a tool result or as the user's own text, and long "
        "conversations. Each declares what a model needs of it to answer the question: rows, log lines, "
        "constants, amounts, decisions. A gateway that says the same in fewer tokens keeps these facts; "
        "one that leaves things out loses them. What an answer cache saved is not counted here, and "
        "tokens that a gateway adds count against its saving."
    ),
    (
        "How a fact is found: its parts stand in order and near each other, with no value of another "
        "row between them. What is not found so is looked for again after undoing what encodings do: "
        "JSON of any layout, in strings, by columns or grouped; CSV and other tables with columns in "
        "any order; YAML; TOON; lines wrapped, or under a heading that they share; aliases that the "
        "same text explains in a line each. A value that is still there in another notation is kept. "
        "One that moved to another row, was cut, or stands there in other digits is lost (zeros at the "
        "end of a fraction do not count), and so is an alias that nothing explains."
    ),
)


def section(results: Results) -> Section | None:
    """The report's section on compression; None where the run has nothing to show."""
    compression = measured(results)
    if compression is None:
        return None
    whole = present(_chart(results, compression), totals_table(results, compression))
    parts = [
        Section("Tokens saved, and facts kept", whole),
        Section("By kind of content", (kinds_table(results, compression),)),
        Section("Where facts were lost", (WHERE, losses_table(results, compression))),
    ]
    if compression.sizes:
        parts.append(Section("What it costs in time", (sizes_table(results, compression),)))
    parts.append(Section("Each scenario", (points_table(results, compression),), folded=True))
    return Section("Large content", (*LEAD, *parts), id="compression")


def measured(results: Results) -> Compression | None:
    """The topic's table; None if no exchange is in it."""
    compression = results.table(Compression)
    if compression is None or not any(point.n for point in compression.points):
        return None
    return compression


def _chart(results: Results, compression: Compression) -> Chart | None:
    panels = []
    for variant in results.variants:
        points = [
            Point(_content(row), row.saved_percent, row.kept_percent, row.place == PASTED)
            for row in compression.kinds
            if row.variant == variant.name and row.saved_percent is not None and row.kept_percent is not None
        ]
        if points:
            panels.append((one_line(variant.name, 40), points))
    return compression_chart(panels) if panels else None


def _content(row: KindRow) -> str:
    """A kind of content as a chart names it."""
    return row.place if row.place.startswith("turns") else one_line(row.kind, 20)


def _head(variant: VariantRow) -> Fig:
    return variant_head(variant.name, variant_note(variant))


def _gap(variant: VariantRow, reason: str) -> Row:
    """The row of a variant without figures."""
    word = variant.status if variant.status != "measured" else "not measured"
    return gap(variant, without(word, reason), variant_note(variant))


def _saved(row: Saved) -> Fig:
    return change_fig(None if row.saved_percent is None else -row.saved_percent)


def _kept(row: Saved) -> Fig:
    """Facts kept in percent and in numbers."""
    if row.kept is None or row.kept_percent is None:
        return Fig("not counted", tone="missing")
    count = f"{numbers.tokens(round(row.kept, 1))} of {row.facts:,}"
    return judged(_percent(row.kept_percent), row.kept >= row.facts, count)


def _percent(value: float) -> str:
    """A share that is not rounded up to all, nor down to nothing."""
    if 99.95 < value < 100:
        return ">99.9%"
    return "<0.1%" if 0 < value < 0.05 else f"{value:.1f}%".replace(".0%", "%")


def totals_table(results: Results, compression: Compression) -> Table:
    """One row a variant: everything together."""
    variants = by_variant(results)
    totals = {row.variant: row for row in compression.totals}
    columns: tuple[Col[KindRow], ...] = (
        col("Variant", lambda row: _head(variants[row.variant])),
        num("Sent", lambda row: Fig(numbers.tokens(round(row.sent or 0.0))), "tokens"),
        num("Forwarded", lambda row: Fig(numbers.tokens(round(row.forwarded or 0.0))), "tokens"),
        num("Forwarded vs sent", _saved),
        num("Facts kept", _kept),
        num("Without any loss", lambda row: Fig(numbers.share(row.whole, row.scenarios)), "scenarios"),
        num("Measured", lambda row: Fig(numbers.share(row.scenarios, row.of)), "scenarios"),
    )
    return table(
        "compression-totals",
        "Sums over the scenarios that this variant completed; large payloads weigh most in them.",
        columns,
        [
            totals[name] if (reason := totals[name].reason) is None else _gap(variant, reason)
            for name, variant in variants.items()
        ],
        control=is_control(results),
    )


def kinds_table(results: Results, compression: Compression) -> Table:
    """One row a kind of content and its place, one column a variant."""
    known = {(row.variant, row.kind, row.place): row for row in compression.kinds}
    names = by_variant(results)
    first = results.variants[0].name
    return table(
        "compression-kinds",
        BOTH,
        (
            col("Content", _content_head),
            variant_columns(names, lambda variant, row: _both(known[variant, row.kind, row.place])),
        ),
        [row for row in compression.kinds if row.variant == first],
        grid=True,
    )


def _content_head(row: KindRow) -> Fig:
    return Fig(one_line(row.kind, 30), f"{one_line(row.place, 30)}, {row.of} scenarios")


def _both(row: KindRow | CompressionPoint, href: str = "") -> Fig:
    """Facts kept, with the change in tokens beneath it."""
    if row.kept is None:
        return missing("no figure", row.reason, href)
    change = _saved(row)
    note = f"{change.sign} {change.text} tokens".strip()
    return replace(_kept(row), note=note, href=href, why=row.reason or "")


def losses_table(results: Results, compression: Compression) -> Table:
    """One row a variant: the share of facts lost in each third of what was sent."""
    asked = {row.content for row in compression.losses if row.facts}
    thirds = dict.fromkeys((row.content, row.third) for row in compression.losses if row.content in asked)
    known = {(row.variant, row.content, row.third): row for row in compression.losses}

    def lost(content: Content, third: Third) -> Col[VariantRow]:
        title = f"{'Payloads' if content == 'payloads' else 'Turns'}, {third}"
        return num(title, lambda variant: _lost(known[variant.name, content, third]))

    def row(variant: VariantRow) -> VariantRow | Row:
        mine = [known[variant.name, *third] for third in thirds]
        if mine and mine[0].reason and all(row.lost_percent is None for row in mine):
            return _gap(variant, variant.reason or mine[0].reason)
        return variant

    return table(
        "compression-losses",
        "Facts lost by where they stood: thirds of a payload's text, and of a conversation's turns.",
        (col("Variant", _head), *(lost(*third) for third in thirds)),
        map(row, results.variants),
        control=lambda variant: variant.kind == "control",
    )


def _lost(row: LossRow) -> Fig:
    if row.lost_percent is None:
        return missing("no figure", row.reason)
    return judged(f"{_percent(row.lost_percent)} lost", not row.lost, f"{row.lost:,} of {row.facts:,}")


def sizes_table(results: Results, compression: Compression) -> Table:
    """One row a variant, one column a size of payload: latency added over the control."""
    known = {(row.variant, row.asked): row for row in compression.sizes}

    def added(size: int) -> Col[VariantRow]:
        title = f"{size / 1000:g}k tokens" if size >= 1000 else f"{size} tokens"
        return num(title, lambda variant: _added(variant, known[variant.name, size]), "ms")

    embeds = any(row.embedding_ms for row in compression.sizes)
    return table(
        "compression-sizes",
        "Latency added over the control by size of payload, in ms: the median over pairs of exchanges, "
        f"without the time that the model provider took.{EMBEDDINGS if embeds else ''}",
        (col("Variant", _head), *map(added, sorted({row.asked for row in compression.sizes}))),
        results.variants,
        control=lambda variant: variant.kind == "control",
    )


def _added(variant: VariantRow, row: SizeRow) -> Fig:
    if row.added_ms is None:
        return missing("control" if variant.kind == "control" else "no pair", row.reason)
    spent = f", embeddings {numbers.ms(row.embedding_ms)} ms" if row.embedding_ms else ""
    return Fig(numbers.signed_ms(row.added_ms), numbers.counted(row.pairs, "pair") + spent)


def points_table(results: Results, compression: Compression) -> Table:
    """One row a scenario, one column a variant, every figure with its evidence."""
    titles = {scenario.id: scenario.title for scenario in results.scenarios}
    known = {(point.variant, point.scenario): point for point in compression.points}

    def head(name: str) -> Fig:
        href = f"#{scenario_anchor(name)}"
        return Fig(one_line(name, 40), one_line(titles.get(name, ""), 80), href=href)

    def both(variant: str, name: str) -> Fig:
        point = known[variant, name]
        return _both(point, evidence_link(variant, name) if point.of else "")

    columns = (col("Scenario", head), variant_columns(by_variant(results), both))
    names = dict.fromkeys(point.scenario for point in compression.points)
    return table("compression-scenarios", BOTH, columns, names, grid=True)
