"""What ran and how: variants and their changes, prices, method, and what a repetition needs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.anchors import variant_column, variant_page
from lab.kit.tables import Column, Fig, Row, Table, status_word
from lab.kit.text import file_name, one_line, visible
from lab.records.manifest import PriceInfo
from lab.results.models import Results, VariantRow


@dataclass(frozen=True, slots=True)
class VariantView:
    """One variant: facts about it, what differs from the vendor's defaults, and its log's end."""

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, str], ...]
    unchanged: str
    log_tail: str
    page: str


def variant_views(results: Results) -> tuple[VariantView, ...]:
    """All variants in the order of the run."""
    return tuple(_variant(variant) for variant in results.variants)


def _variant(variant: VariantRow) -> VariantView:
    status = status_word(variant.status)
    facts = [
        ("Status", f"{status}: {variant.reason}" if variant.reason else status),
        ("System", variant.system),
        ("Version", variant.version or "not stated by the system"),
        ("Image or package", variant.image or "none recorded"),
        ("Boot time", f"{variant.boot_s:.1f} s" if variant.boot_s is not None else "not started by the lab"),
        ("Model that the client asks for", variant.model),
        ("Chooses a model itself", _chooses(variant)),
        ("Cache of answers", _cache(variant)),
    ]
    default = (
        "Nothing: this is how the vendor ships it." if variant.vendor_defaults else "No change was recorded."
    )
    if variant.kind == "control":
        default = "This is the control: requests go straight to the meter."
    return VariantView(
        name=variant.name,
        title=variant.title,
        facts=tuple((name, one_line(text, 600)) for name, text in facts),
        changes=tuple(
            (one_line(c.get("what", ""), 400), one_line(c.get("why", ""), 600)) for c in variant.changes
        ),
        unchanged="" if variant.changes else default,
        log_tail=visible((variant.log_tail or "")[-4000:]).strip("\n"),
        page=variant_page(variant.name),
    )


def _chooses(variant: VariantRow) -> str:
    """Whether the variant routes, and what the lab decided in its place."""
    if variant.lab_decides:
        return f"no: the lab decides {variant.lab_decides}"
    return "yes" if variant.routes else "no"


def _cache(variant: VariantRow) -> str:
    """The kind of answer cache that the variant has, with its threshold where that is known."""
    if variant.cache != "semantic":
        return {"exact": "exact: the same request again"}.get(variant.cache, "none")
    least = variant.cache_threshold
    return f"semantic: a similar question{'' if least is None else f', from a similarity of {least:g}'}"


def price_table(results: Results) -> Table:
    """Prices that costs are made with, with their sources."""
    run = results.run
    rows = [_price(_tier_name(name, tier.title), tier.model, tier.price) for name, tier in run.tiers.items()]
    rows.append(_price("Requests that no router touched", run.default_model, run.default_model_price))
    rows.append(_price("Same-model view", run.same_model, run.same_model_price))
    return Table(
        id="prices",
        caption="Prices in USD per million tokens.",
        columns=(
            Column("For", num=False),
            Column("Model name at the meter", num=False),
            Column("Input", "USD per million"),
            Column("Output", "USD per million"),
            Column("Source", num=False),
        ),
        rows=tuple(rows),
    )


def _tier_name(name: str, title: str) -> str:
    return title if title.startswith(name) else f"{name}: {title}" if title else name


def _price(label: str, model: str, price: PriceInfo) -> Row:
    figs = (Fig(one_line(model, 60)), Fig(price.input), Fig(price.output), Fig(one_line(price.source, 200)))
    return Row(Fig(one_line(label, 120)), figs)


def check_table(results: Results) -> Table:
    """Every check with what it judges, and how each variant fared."""
    totals = {row.variant: row for row in results.totals}
    rows = []
    for check in results.checks:
        figs = []
        for variant in results.variants:
            total = totals.get(variant.name)
            count = total.checks.get(check.name) if total else None
            if count is None or not count.passed + count.failed:
                figs.append(Fig("not applicable", tone="missing"))
                continue
            text = numbers.share(count.passed, count.passed + count.failed)
            figs.append(
                Fig(text, tone="bad" if count.failed else "good", sign="\u2717" if count.failed else "\u2713")
            )
        rows.append(Row(Fig(check.name, one_line(check.title, 200)), tuple(figs)))
    return Table(
        id="checks",
        caption="Exchanges that passed each check, of those it applies to.",
        columns=(
            Column("Check", "what it judges", num=False),
            *(variant_column(v.name, num=False) for v in results.variants),
        ),
        rows=tuple(rows),
    )


def command_line(results: Results) -> str:
    """The command that made the run, quoted for a shell."""
    return visible(shlex.join(results.run.command)) or "not recorded"


def pairs_table(name: str, caption: str, head: str, value: str, pairs: Mapping[str, object]) -> Table:
    """A table of names and values, sorted by name."""
    rows = tuple(
        Row(Fig(one_line(key, 120)), (Fig(one_line(str(pairs[key]), 200)),)) for key in sorted(pairs)
    )
    columns = (Column(head, num=False), Column(value, num=False))
    return Table(id=file_name(name), caption=caption, columns=columns, rows=rows)


def reproduction_tables(results: Results) -> tuple[Table, ...]:
    """Versions, host, limits, configuration hashes and timings; empty ones are left out."""
    run = results.run
    timings = {name: f"{seconds:.1f} s" for name, seconds in run.timings_s.items()}
    made = (
        pairs_table("packages", "Packages of the lab", "Package", "Version", run.packages),
        pairs_table("host", "The machine", "Property", "Value", run.host),
        pairs_table("limits", "Limits, equal for every system", "Limit", "Value", run.limits),
        pairs_table("git", "The lab's own source", "Property", "Value", run.git),
        pairs_table("configs", "Configuration files", "File", "SHA-256", run.config_sha256),
        pairs_table("timings", "Where the time went", "Phase", "Duration", timings),
    )
    return tuple(table for table in made if table.rows)
