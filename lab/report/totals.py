"""The tables of totals: latency and reliability, features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from lab.kit import numbers
from lab.kit.anchors import gap, is_control, suite_order, variant_head
from lab.kit.cell_figs import change_fig, kept_fig
from lab.kit.deciding import decided
from lab.kit.section import Section
from lab.kit.tables import (
    ALERT,
    Col,
    Fig,
    Notes,
    Row,
    Table,
    absent_word,
    col,
    num,
    status_word,
    table,
    without,
)
from lab.kit.text import file_name, one_line
from lab.report.costs import VariantTotal, total_rows
from lab.report.drawings import latency_drawing
from lab.report.rows import large_suites
from lab.report.summary import absent, cache_fig, latency_added
from lab.results.models import FeatureRow, Overhead, Results, TotalRow, VariantRow

LEAD = (
    "Latency added is the time of an exchange without what the model provider took to answer, minus the "
    "same of the control, in pairs from the same client. Time that a gateway spends on other calls is its "
    "own. Embeddings that it asks for are computed on this machine, one at a time; how much of its time "
    "they take is shown, because another service for them may be faster or slower."
)
NAMED = 12
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


def features_section(results: Results) -> Section:
    """A table a class of scenarios, suite by suite; those of large suites are folded."""
    large = large_suites(results)
    suites: dict[str, list[Section]] = {}
    for suite, title, figures in feature_tables(results):
        suites.setdefault(suite, []).append(Section(title, (figures,)))
    shown: list[Section] = []
    for suite in suite_order(results):
        classes = suites.get(suite, [])
        if suite in large and classes:
            title = f"Suite {one_line(suite, 40)}: {numbers.counted(len(classes), 'class', 'classes')}"
            shown.append(Section(title, tuple(classes), folded=True, apart=True))
        else:
            shown += classes
    return Section("Features", tuple(shown), id="features")


def latency_table(results: Results) -> Table:
    """Latency and reliability per variant over all its valid scenarios."""
    notes = Notes()
    embeds = any(row.latency_ms.overhead.embedding_ms for row in results.totals)
    streams = any(row.added_to_streams.pairs for row in results.totals)

    def time(title: str, percentile: str) -> Col[VariantTotal]:
        return num(title, lambda row: _percentile(row.total, percentile, notes), "ms")

    def rate(title: str, name: str) -> Col[VariantTotal]:
        return num(title, lambda row: _rate(row.total, name, notes), "of exchanges")

    columns: tuple[Col[VariantTotal], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("Added", lambda row: _added(row, notes), "ms, median, 95% interval"),
        num(
            "Added to whole answers",
            lambda row: _by_kind(row, "added_to_whole", notes),
            "ms, median",
            shown=streams,
        ),
        num(
            "Added to streams",
            lambda row: _by_kind(row, "added_to_streams", notes),
            "ms, median",
            shown=streams,
        ),
        num("Of which embeddings", _embeddings, "ms, median", shown=embeds),
        time("Median", "p50"),
        time("95th percentile", "p95"),
        num("n", lambda row: Fig(numbers.tokens(row.total.latency_ms.n))),
        rate("Completed", "success"),
        rate("At first attempt", "first_attempt_success"),
        col("Flags", _flags),
    )
    return table(
        "latency-by-variant",
        CAPTION + (POOLED if streams else ""),
        columns,
        total_rows(results, lambda total: total.latency_ms.p50 is not None),
        notes=notes,
        control=is_control(results),
    )


def _added(row: VariantTotal, notes: Notes) -> Fig:
    added, over = latency_added(row.total, row.of, notes, embeddings=False), row.total.latency_ms.overhead
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


def _by_kind(row: VariantTotal, name: str, notes: Notes) -> Fig:
    """What was added to whole answers, or to streams."""
    over: Overhead = getattr(row.total, name)
    if row.of.kind == "control":
        return Fig("control")
    if over.median_ms is None:
        return absent(row.total, name, notes)
    return Fig(numbers.signed_ms(over.median_ms), numbers.counted(over.pairs, "pair"))


def _embeddings(row: VariantTotal) -> Fig:
    """Time in which the lab computed embeddings for the system; no figure if nothing was added."""
    spent = row.total.latency_ms.overhead.embedding_ms
    return Fig("control") if spent is None else Fig(numbers.ms(spent))


def _percentile(total: TotalRow, name: str, notes: Notes) -> Fig:
    value = getattr(total.latency_ms, name)
    return absent(total, f"latency_ms.{name}", notes) if value is None else Fig(numbers.ms(value))


def _rate(total: TotalRow, name: str, notes: Notes) -> Fig:
    value = getattr(total.latency_ms, name)
    return absent(total, f"latency_ms.{name}", notes) if value is None else Fig(numbers.portion(value))


def feature_tables(results: Results) -> tuple[tuple[str, str, Table], ...]:
    """One table a class of scenarios, with its suite and title, and one row a variant."""
    classes: dict[tuple[str, str], list[FeatureRow]] = {}
    for row in results.features:
        classes.setdefault((row.suite, row.group), []).append(row)
    variants = {v.name: v for v in results.variants}
    several = len({suite for suite, _ in classes}) > 1
    return tuple(
        (
            suite,
            f"{rows[0].title} ({suite})" if several else rows[0].title,
            _feature_table(f"{suite}-{group}" if several else group, rows, variants),
        )
        for (suite, group), rows in classes.items()
    )


def _feature_table(name: str, rows: list[FeatureRow], variants: dict[str, VariantRow]) -> Table:
    notes = Notes()

    def value(field: str, words: Callable[[numbers.Number], str]) -> Callable[[FeatureRow], Fig]:
        def get(row: FeatureRow) -> Fig:
            number = attrgetter(field)(row)
            return _absent(row, field, notes) if number is None else Fig(words(float(number)))

        return get

    def kept(field: str, kept: float | None, of: int, row: FeatureRow) -> Fig:
        return _absent(row, field, notes) if kept is None else kept_fig(kept, of)

    routed = value("cost_usd.as_routed", numbers.usd)
    columns: tuple[Col[FeatureRow], ...] = (
        col("Variant", lambda row: variant_head(row.variant)),
        num("Tokens sent", value("tokens.sent", numbers.tokens)),
        num("Tokens forwarded", value("tokens.forwarded", numbers.tokens)),
        num("Forwarded vs sent", _change),
        col(
            "Facts kept",
            lambda row: kept("facts.kept", row.facts.kept, row.facts.total, row),
            shown=any(row.facts.total for row in rows),
        ),
        col(
            "Needed tools intact",
            lambda row: kept("tools_needed_kept", row.tools_needed_kept, row.tools_needed, row),
            shown=any(row.tools_needed for row in rows),
        ),
        num("As routed", lambda row: decided(routed(row), variants[row.variant]), "USD"),
        num("Same model", value("cost_usd.same_model", numbers.usd), "USD"),
        col("Answers from a cache", cache_fig),
        col("Scenarios", _scenarios),
    )
    return table(
        f"feature-{file_name(name)}",
        f"Sums over the compared scenarios of {_named(rows[0].of)}.",
        columns,
        [_counted(row, variants[row.variant]) for row in rows],
        notes=notes,
        control=lambda row: variants[row.variant].kind == "control",
    )


def _counted(row: FeatureRow, variant: VariantRow) -> FeatureRow | Row:
    """The row, or why it has no figures."""
    if row.tokens.forwarded is not None and row.tokens.sent is not None:
        return row
    word = status_word(variant.status) if variant.status != "measured" else "not compared"
    return gap(variant, without(word, row.reason or variant.reason))


def _absent(row: FeatureRow, name: str, notes: Notes) -> Fig:
    reason = row.reasons.get(name) or row.reason or f"{name} was not recorded"
    return notes.missing(absent_word(name), reason)


def _change(row: FeatureRow) -> Fig:
    return change_fig(numbers.change(row.tokens.forwarded or 0, row.tokens.sent or 0))


def _scenarios(row: FeatureRow) -> Fig:
    """The scenarios by name if they are few, else how many."""
    few = len(row.of) <= NAMED
    return Fig(", ".join(row.scenarios) if few else numbers.share(len(row.scenarios), len(row.of)))


def _named(scenarios: tuple[str, ...]) -> str:
    """The scenarios by name where they are few, else some of them and their number."""
    names = ", ".join(scenarios[:NAMED])
    return names if len(scenarios) <= NAMED else f"{len(scenarios)}: {names}, and others"
