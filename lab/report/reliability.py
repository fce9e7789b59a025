"""Latency of completed exchanges, and how many completed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lab.kit import numbers
from lab.kit.anchors import is_control, variant_head
from lab.kit.cell_figs import absent, value_fig
from lab.kit.section import Section
from lab.kit.tables import ALERT, Col, Fig, Table, col, num, table
from lab.kit.text import one_line
from lab.report.bars import latency_drawing
from lab.report.rows import VariantTotal, total_rows
from lab.report.summary import latency_added
from lab.results.cell import Overhead
from lab.results.models import Results

LEAD = (
    "Latency added is the time of an exchange without what the model provider took to answer, minus the "
    "same of the control, in pairs from the same client. Time that a gateway spends on other calls is its "
    "own. Embeddings that it asks for are computed on this machine, one at a time; how much of its time "
    "they take is shown, because another service for them may be faster or slower."
)
CAPTION = "Latency of completed exchanges, and how many completed at all."
POOLED = " What is added pools whole answers and streams, as many of each as were asked; each is beside it."


def latency_section(results: Results) -> Section:
    """Latency as a chart and a table."""
    return Section(
        "Latency and reliability",
        (LEAD, latency_drawing(results), latency_table(results)),
        id="latency",
        short="Latency",
    )


def latency_table(results: Results) -> Table:
    """Latency and reliability per variant over all its valid scenarios."""
    embeds = any(row.latency_ms.overhead.embedding_ms for row in results.totals)
    streams = any(row.added_to_streams.pairs for row in results.totals)

    def value(title: str, name: str, words: Callable[[float], str], unit: str) -> Col[VariantTotal]:
        return num(title, lambda row: value_fig(row.total, f"latency_ms.{name}", words), unit)

    def embeddings(row: VariantTotal) -> Fig:
        spent = row.total.latency_ms.overhead.embedding_ms
        return Fig("control") if spent is None else Fig(numbers.ms(spent))

    def added(title: str, name: str) -> Col[VariantTotal]:
        return num(title, lambda row: _by_kind(row, name), "ms, median", shown=streams)

    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("Added", _added, "ms, median, 95% interval"),
        added("Added to whole answers", "added_to_whole"),
        added("Added to streams", "added_to_streams"),
        # Time in which the lab computed embeddings for the system; none if nothing was added.
        num("Of which embeddings", embeddings, "ms, median", shown=embeds),
        value("Median", "p50", numbers.ms, "ms"),
        value("95th percentile", "p95", numbers.ms, "ms"),
        num("n", lambda row: Fig(numbers.tokens(row.total.latency_ms.n))),
        value("Completed", "success", numbers.portion, "of exchanges"),
        value("At first attempt", "first_attempt_success", numbers.portion, "of exchanges"),
        col("Flags", _flags),
    )
    return table(
        "latency-by-variant",
        CAPTION + (POOLED if streams else ""),
        columns,
        total_rows(results, lambda total: total.latency_ms.p50 is not None),
        control=is_control(results),
    )


def _added(row: VariantTotal) -> Fig:
    added, over = latency_added(row, embeddings=False), row.total.latency_ms.overhead
    if over.median_ms is None or not added.note:
        return added
    return replace(added, note=f"{added.note}; {numbers.counted(over.pairs, 'pair')}")


def _flags(row: VariantTotal) -> Fig:
    flags = one_line("; ".join(row.total.latency_ms.unstable), 300)
    if flags:
        return Fig("unstable", flags, "warn", ALERT)
    unstable, of = row.total.unstable_scenarios, row.total.scenarios
    alone = f"by themselves, {numbers.share(unstable, of)} scenarios are unstable"
    return Fig("no flag", alone if unstable else "")


def _by_kind(row: VariantTotal, name: str) -> Fig:
    """What was added to whole answers, or to streams."""
    over: Overhead = getattr(row.total, name)
    if row.of.kind == "control":
        return Fig("control")
    if over.median_ms is None:
        return absent(row.total, name)
    return Fig(numbers.signed_ms(over.median_ms), numbers.counted(over.pairs, "pair"))
