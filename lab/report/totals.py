"""The tables of totals: latency and reliability, features."""

from __future__ import annotations

from collections.abc import Iterator

from lab.kit import numbers
from lab.kit.anchors import variant_head
from lab.kit.cell_figs import change_fig, kept_fig
from lab.kit.deciding import decided
from lab.kit.tables import Column, Fig, Notes, Row, Table, absent_word, status_word
from lab.kit.text import file_name, one_line
from lab.report.costs import total_rows, why_missing
from lab.report.summary import absent, cache_fig, latency_added
from lab.results.models import FeatureRow, Latency, Overhead, Results, TotalRow, VariantRow

NAMED = 12
KINDS = ("whole answers", "streams")
CAPTION = "Latency of completed exchanges, and how many completed at all."
POOLED = " What is added pools whole answers and streams, as many of each as were asked; each is beside it."


def latency_table(results: Results) -> Table:
    """Latency and reliability per variant over all its valid scenarios."""
    notes = Notes()
    rows = []
    embeds = any(row.latency_ms.overhead.embedding_ms for row in results.totals)
    streams = any(row.added_to_streams.pairs for row in results.totals)
    for variant, total in total_rows(results):
        control = variant.kind == "control"
        if total is None or total.latency_ms.p50 is None:
            rows.append(Row(variant_head(variant.name), span=why_missing(variant, total), control=control))
            continue
        figs = _latency_figs(total, variant, notes, embeds=embeds, streams=streams)
        rows.append(Row(variant_head(variant.name), figs, control=control))
    return Table(
        id="latency-by-variant",
        caption=CAPTION + (POOLED if streams else ""),
        columns=(
            Column("Variant", num=False),
            Column("Added", "ms, median, 95% interval"),
            *(Column(f"Added to {kind}", "ms, median") for kind in (KINDS if streams else ())),
            *([Column("Of which embeddings", "ms, median")] if embeds else []),
            Column("Median", "ms"),
            Column("95th percentile", "ms"),
            Column("n"),
            Column("Completed", "of exchanges"),
            Column("At first attempt", "of exchanges"),
            Column("Flags", num=False),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
    )


def _latency_figs(
    total: TotalRow, variant: VariantRow, notes: Notes, *, embeds: bool, streams: bool
) -> tuple[Fig, ...]:
    latency = total.latency_ms
    added = latency_added(total, variant, notes, embeddings=False)
    pairs = f"{latency.overhead.pairs} pairs"
    note = f"{added.note}; {pairs}" if latency.overhead.median_ms is not None and added.note else added.note
    flags = one_line("; ".join(latency.unstable), 300)
    alone = (
        f"by themselves, {numbers.share(total.unstable_scenarios, total.scenarios)} scenarios are unstable"
    )
    noted = alone if total.unstable_scenarios else ""
    return (
        Fig(added.text, note, added.tone, added.sign, ref=added.ref),
        *(_by_kind(total, variant, notes) if streams else ()),
        *([_embeddings(latency)] if embeds else []),
        Fig(numbers.ms(latency.p50)) if latency.p50 is not None else absent(total, "latency_ms.p50", notes),
        Fig(numbers.ms(latency.p95)) if latency.p95 is not None else absent(total, "latency_ms.p95", notes),
        Fig(numbers.tokens(latency.n)),
        _rate(total, "latency_ms.success", latency.success, notes),
        _rate(total, "latency_ms.first_attempt_success", latency.first_attempt_success, notes),
        Fig("unstable", flags, "warn", "!") if flags else Fig("no flag", noted),
    )


def _by_kind(total: TotalRow, variant: VariantRow, notes: Notes) -> Iterator[Fig]:
    """What was added to whole answers, and to streams."""
    for name in ("added_to_whole", "added_to_streams"):
        found: Overhead = getattr(total, name)
        if variant.kind == "control":
            yield Fig("control")
        elif found.median_ms is None:
            yield absent(total, name, notes)
        else:
            pairs = "1 pair" if found.pairs == 1 else f"{found.pairs:,} pairs"
            yield Fig(numbers.signed_ms(found.median_ms), pairs)


def _embeddings(latency: Latency) -> Fig:
    """Time in which the lab computed embeddings for the system; no figure where nothing was added."""
    spent = latency.overhead.embedding_ms
    return Fig("control") if spent is None else Fig(numbers.ms(spent))


def _rate(total: TotalRow, name: str, value: float | None, notes: Notes) -> Fig:
    return absent(total, name, notes) if value is None else Fig(f"{value * 100:.1f}%")


def feature_tables(results: Results) -> tuple[tuple[str, Table], ...]:
    """One table a group of scenarios (the features of the seed), with one row a variant."""
    classes: dict[tuple[str, str], list[FeatureRow]] = {}
    for row in results.features:
        classes.setdefault((row.suite, row.group), []).append(row)
    variants = {v.name: v for v in results.variants}
    several = len({suite for suite, _ in classes}) > 1
    return tuple(
        (
            f"{rows[0].title} ({suite})" if several else rows[0].title,
            _feature_table(f"{suite}-{group}" if several else group, rows, variants),
        )
        for (suite, group), rows in classes.items()
    )


def _feature_table(name: str, features: list[FeatureRow], variants: dict[str, VariantRow]) -> Table:
    notes = Notes()
    has_facts = any(f.facts.total for f in features)
    has_tools = any(f.tools_needed for f in features)
    rows = tuple(_feature_row(f, notes, variants[f.variant], (has_facts, has_tools)) for f in features)
    extra = [Column("Facts kept", num=False)] if has_facts else []
    extra += [Column("Needed tools intact", num=False)] if has_tools else []
    return Table(
        id=f"feature-{file_name(name)}",
        caption=f"Sums over the compared scenarios of {_named(features[0].of)}.",
        columns=(
            Column("Variant", num=False),
            Column("Tokens sent"),
            Column("Tokens forwarded"),
            Column("Forwarded vs sent"),
            *extra,
            Column("As routed", "USD"),
            Column("Same model", "USD"),
            Column("Answers from a cache", num=False),
            Column("Scenarios", num=False),
        ),
        rows=rows,
        notes=tuple(notes.texts),
    )


def _named(scenarios: tuple[str, ...]) -> str:
    """The scenarios by name where they are few, else some of them and their number."""
    names = ", ".join(scenarios[:NAMED])
    return names if len(scenarios) <= NAMED else f"{len(scenarios)}: {names}, and others"


def _feature_row(row: FeatureRow, notes: Notes, variant: VariantRow, has: tuple[bool, bool]) -> Row:
    control = variant.kind == "control"
    head = variant_head(row.variant)
    if row.tokens.forwarded is None or row.tokens.sent is None:
        word = status_word(variant.status) if variant.status != "measured" else "not compared"
        reason = one_line(row.reason or variant.reason or "no reason was recorded", 400)
        return Row(head, span=Fig(word, reason, "missing"), control=control)

    def value(name: str, number: object, usd: bool = True) -> Fig:
        if number is None:
            return notes.missing(
                absent_word(name), row.reasons.get(name) or row.reason or f"{name} was not recorded"
            )
        return Fig(numbers.usd(float(str(number))) if usd else numbers.tokens(float(str(number))))

    figs = [
        value("tokens.sent", row.tokens.sent, usd=False),
        value("tokens.forwarded", row.tokens.forwarded, usd=False),
        change_fig(numbers.change(row.tokens.forwarded, row.tokens.sent)),
    ]
    if has[0]:
        figs.append(
            value("facts.kept", None) if row.facts.kept is None else kept_fig(row.facts.kept, row.facts.total)
        )
    if has[1]:
        kept = row.tools_needed_kept
        figs.append(value("tools_needed_kept", None) if kept is None else kept_fig(kept, row.tools_needed))
    figs += [
        decided(value("cost_usd.as_routed", row.cost_usd.as_routed), variant),
        value("cost_usd.same_model", row.cost_usd.same_model),
        cache_fig(row),
        Fig(
            ", ".join(row.scenarios)
            if len(row.of) <= NAMED
            else numbers.share(len(row.scenarios), len(row.of))
        ),
    ]
    return Row(head, tuple(figs), control=control)
