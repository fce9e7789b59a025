"""Tokens saved against facts kept, by kind and size of content."""

from __future__ import annotations

from collections.abc import Mapping

from lab.kit import numbers
from lab.kit.anchors import scenario_anchor, variant_column, variant_head, variant_note
from lab.kit.cell_figs import NO, YES, change_fig, evidence_name
from lab.kit.section import Part, Section
from lab.kit.shapes import Chart
from lab.kit.tables import Column, Fig, Notes, Row, Table, Tone, status_word
from lab.kit.text import one_line
from lab.results.models import Results, ScenarioRow, VariantRow
from lab.topics.compression.chart import KindPoint, compression_chart
from lab.topics.compression.table import Compression, CompressionPoint, KindRow, LossRow, Saved

PASTED = "user text"
EMBEDDINGS = (
    " Beside it, the median time of these exchanges in which embeddings that the system asked for were "
    "computed; another service for them may be faster or slower."
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
    found = results.table(Compression)
    if found is None or not any(point.n for point in found.points):
        return None
    parts = [
        Part(
            "Tokens saved, and facts kept", chart=_chart(results, found), table=totals_table(results, found)
        ),
        Part("By kind of content", table=kinds_table(results, found)),
        Part("Where facts were lost", text=(_where(),), table=losses_table(results, found)),
    ]
    if found.sizes:
        parts.append(Part("What it costs in time", table=sizes_table(results, found)))
    parts.append(Part("Each scenario", table=points_table(results, found), folded=True))
    return Section(id="compression", title="Large content", lead=LEAD, parts=tuple(parts))


def _where() -> str:
    return (
        "Facts are spread evenly. Where the middle loses more than both ends, content is cut; where the "
        "start of a conversation loses more than its end, older turns are summed up."
    )


def _chart(results: Results, found: Compression) -> Chart | None:
    panels = []
    for variant in results.variants:
        points = [
            KindPoint(_content(row), row.saved_percent, row.kept_percent, row.place == PASTED)
            for row in found.kinds
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


def _variant_row(variant: VariantRow, cells: tuple[Fig, ...], reason: str | None) -> Row:
    """A variant's row, or the reason why it has none."""
    control = variant.kind == "control"
    if reason is None:
        return Row(_head(variant), cells, control=control)
    word = status_word(variant.status) if variant.status != "measured" else "not measured"
    return Row(_head(variant), span=Fig(word, one_line(reason, 400), "missing"), control=control)


def _saved(row: Saved) -> Fig:
    percent = None if row.saved_percent is None else -row.saved_percent
    return change_fig(percent)


def _kept(row: Saved) -> Fig:
    """Facts kept in percent and in numbers."""
    if row.kept is None or row.kept_percent is None:
        return Fig("not counted", tone="missing")
    whole = row.kept >= row.facts
    tone: Tone = "good" if whole else "bad"
    count = f"{numbers.tokens(round(row.kept, 1))} of {row.facts:,}"
    return Fig(_percent(row.kept_percent), count, tone, YES if whole else NO)


def _percent(value: float) -> str:
    """A share that is not rounded up to all, nor down to nothing."""
    if 99.95 < value < 100:
        return ">99.9%"
    return "<0.1%" if 0 < value < 0.05 else f"{value:.1f}%".replace(".0%", "%")


def totals_table(results: Results, found: Compression) -> Table:
    """One row a variant: everything together."""
    totals = {row.variant: row for row in found.totals}
    rows = []
    for variant in results.variants:
        row = totals[variant.name]
        cells = (
            Fig(numbers.tokens(round(row.sent or 0.0))),
            Fig(numbers.tokens(round(row.forwarded or 0.0))),
            _saved(row),
            _kept(row),
            Fig(numbers.share(row.whole, row.scenarios)),
            Fig(numbers.share(row.scenarios, row.of)),
        )
        rows.append(_variant_row(variant, cells, row.reason))
    return Table(
        id="compression-totals",
        caption="Sums over the scenarios that this variant completed; large payloads weigh most in them.",
        columns=(
            Column("Variant", num=False),
            Column("Sent", "tokens"),
            Column("Forwarded", "tokens"),
            Column("Forwarded vs sent"),
            Column("Facts kept"),
            Column("Without any loss", "scenarios"),
            Column("Measured", "scenarios"),
        ),
        rows=tuple(rows),
    )


def kinds_table(results: Results, found: Compression) -> Table:
    """One row a kind of content and its place, one column a variant."""
    notes = Notes()
    known = {(row.variant, row.kind, row.place): row for row in found.kinds}
    rows = []
    for kind, place in dict.fromkeys((row.kind, row.place) for row in found.kinds):
        mine = [known[variant.name, kind, place] for variant in results.variants]
        head = Fig(one_line(kind, 30), f"{one_line(place, 30)}, {mine[0].of} scenarios")
        rows.append(Row(head, tuple(_both(row, notes) for row in mine)))
    return Table(
        id="compression-kinds",
        caption="Facts kept, and beneath it the change from tokens sent to tokens forwarded.",
        columns=(Column("Content", num=False), *(variant_column(v.name) for v in results.variants)),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        grid=True,
    )


def _both(row: KindRow | CompressionPoint, notes: Notes, href: str = "") -> Fig:
    """Facts kept, with the change in tokens beneath it."""
    if row.kept is None:
        return notes.missing("no figure", row.reason or "no reason was recorded", href)
    kept, change = _kept(row), _saved(row)
    ref = notes.number(row.reason) if row.reason else 0
    return Fig(kept.text, f"{change.sign} {change.text} tokens".strip(), kept.tone, kept.sign, href, ref)


def losses_table(results: Results, found: Compression) -> Table:
    """One row a variant: the share of facts lost in each third of what was sent."""
    notes = Notes()
    columns = list(
        dict.fromkeys((row.content, row.third) for row in found.losses if _asked(found.losses, row.content))
    )
    known = {(row.variant, row.content, row.third): row for row in found.losses}
    rows = []
    for variant in results.variants:
        mine = [known[variant.name, *column] for column in columns]
        reason = mine[0].reason if mine and all(row.lost_percent is None for row in mine) else None
        why = variant.reason or reason if reason else None
        rows.append(_variant_row(variant, tuple(_lost(row, notes) for row in mine), why))
    return Table(
        id="compression-losses",
        caption="Facts lost by where they stood: thirds of a payload's text, and of a conversation's turns.",
        columns=(
            Column("Variant", num=False),
            *(
                Column(f"{'Payloads' if content == 'payloads' else 'Turns'}, {third}")
                for content, third in columns
            ),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _asked(losses: tuple[LossRow, ...], content: str) -> bool:
    """Whether the run has such content at all."""
    return any(row.facts for row in losses if row.content == content)


def _lost(row: LossRow, notes: Notes) -> Fig:
    if row.lost_percent is None:
        return notes.missing("no figure", row.reason or "no reason was recorded")
    tone: Tone = "bad" if row.lost else "good"
    return Fig(
        f"{_percent(row.lost_percent)} lost",
        f"{row.lost:,} of {row.facts:,}",
        tone,
        NO if row.lost else YES,
    )


def sizes_table(results: Results, found: Compression) -> Table:
    """One row a variant, one column a size of payload: latency added over the control."""
    notes = Notes()
    sizes = sorted({row.asked for row in found.sizes})
    known = {(row.variant, row.asked): row for row in found.sizes}
    rows = []
    for variant in results.variants:
        cells = []
        for size in sizes:
            row = known[variant.name, size]
            if row.added_ms is None:
                word = "control" if variant.kind == "control" else "no pair"
                cells.append(notes.missing(word, row.reason or "no reason was recorded"))
            else:
                pairs = "1 pair" if row.pairs == 1 else f"{row.pairs} pairs"
                spent = f", embeddings {numbers.ms(row.embedding_ms)} ms" if row.embedding_ms else ""
                cells.append(Fig(numbers.signed_ms(row.added_ms), pairs + spent))
        rows.append(Row(_head(variant), tuple(cells), control=variant.kind == "control"))
    return Table(
        id="compression-sizes",
        caption=(
            "Latency added over the control by size of payload, in ms: the median over pairs of exchanges, "
            "without the time that the model provider took."
            + (EMBEDDINGS if any(row.embedding_ms for row in found.sizes) else "")
        ),
        columns=(Column("Variant", num=False), *(Column(_size(size), "ms") for size in sizes)),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _size(tokens: int) -> str:
    return f"{tokens / 1000:g}k tokens" if tokens >= 1000 else f"{tokens} tokens"


def points_table(results: Results, found: Compression) -> Table:
    """One row a scenario, one column a variant, every figure with its evidence."""
    notes = Notes()
    titles: Mapping[str, ScenarioRow] = {scenario.id: scenario for scenario in results.scenarios}
    known = {(point.variant, point.scenario): point for point in found.points}
    rows = []
    for name in dict.fromkeys(point.scenario for point in found.points):
        cells = []
        for variant in results.variants:
            point = known[variant.name, name]
            href = evidence_name(variant.name, name) if point.of else ""
            cells.append(_both(point, notes, href))
        title = titles[name].title if name in titles else ""
        head = Fig(one_line(name, 40), one_line(title, 80), href=f"#{scenario_anchor(name)}")
        rows.append(Row(head, tuple(cells)))
    return Table(
        id="compression-scenarios",
        caption="Facts kept, and beneath it the change from tokens sent to tokens forwarded.",
        columns=(Column("Scenario", num=False), *(variant_column(v.name) for v in results.variants)),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        grid=True,
    )
