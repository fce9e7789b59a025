"""What ran and how: variants and their changes, how figures are made, and what a repetition needs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files

from lab.kit.anchors import suite_order, variant_anchor, variant_columns, variant_page
from lab.kit.section import Block, Bullets, Code, Facts, Line, Section, Span, Words, present
from lab.kit.tables import Col, Fig, Table, col, num, passed, status_word, table
from lab.kit.text import file_name, one_line, visible
from lab.records.manifest import PriceInfo
from lab.results.models import CheckInfo, Results, ScenarioRow, VariantRow
from lab.topics.compression.section import measured

DIFFERS = "What differs from the vendor's defaults"
NO_DIFFERENCE = "Nothing: this is how the vendor ships it."
CONTROL = "This is the control: requests go straight to the meter."
RECORDS: tuple[str | Span, ...] = (
    "The records are beside this file: ",
    Span("the tables as data", href="results.json"),
    ", ",
    Span("the manifest", href="manifest.json"),
    ", ",
    Span("the exchanges", href="exchanges.jsonl"),
    ", ",
    Span("the upstream calls", href="upstream.jsonl"),
    ".",
)
ALL = "all that are registered"


def systems_section(results: Results) -> Section:
    """Every variant: facts about it, what differs from the vendor's defaults, and its log's end."""
    return Section(
        "Systems and variants", tuple(map(_variant, results.variants)), id="systems", short="Systems"
    )


def _variant(variant: VariantRow) -> Section:
    name, log = one_line(variant.name, 60), visible((variant.log_tail or "")[-4000:]).strip("\n")
    return Section(
        name if variant.title == variant.name else f"{name}: {one_line(variant.title, 120)}",
        present(
            Facts(tuple((fact, one_line(text, 600)) for fact, text in _facts(variant))),
            Section(DIFFERS, (_changes(variant),)),
            Line((Span(f"All exchanges of {name}", href=variant_page(variant.name)),)),
            Section(f"The end of {name}'s log", (Code(log),), folded=True, page_only=True) if log else None,
        ),
        id=variant_anchor(variant.name),
        short=name,
    )


def _facts(variant: VariantRow) -> Iterator[tuple[str, str]]:
    status = status_word(variant.status)
    boot = f"{variant.boot_s:.1f} s" if variant.boot_s is not None else "not started by the lab"
    yield "Status", f"{status}: {variant.reason}" if variant.reason else status
    yield "System", variant.system
    yield "Version", variant.version or "not stated by the system"
    yield "Image or package", variant.image or "none recorded"
    yield "Boot time", boot
    yield "Model that the client asks for", variant.model
    yield "Chooses a model itself", _chooses(variant)
    yield "Cache of answers", _cache(variant)


def _changes(variant: VariantRow) -> Block:
    """Every change with its reason, or why there is none."""
    if variant.changes:
        said = (
            (one_line(one.get("what", ""), 400), one_line(one.get("why", ""), 600)) for one in variant.changes
        )
        return Bullets(tuple(Line((Span(what, "code"), f": {why}" if why else "")) for what, why in said))
    if variant.kind == "control":
        return CONTROL
    return NO_DIFFERENCE if variant.vendor_defaults else "No change was recorded."


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


def method_section(results: Results) -> Section:
    """How figures are made, which checks judge which suite, and at which prices."""
    return Section(
        "Method",
        (
            Facts(tuple(method_terms(results)), terms=True),
            Section("Suites and their checks", (_suites_table(results),)),
            Section("Checks", (check_table(results),)),
            Section("Prices", (price_table(results),)),
        ),
        id="method",
    )


def method_terms(results: Results) -> Iterator[tuple[str, Words]]:
    """The terms of the method, each with what it means, in the order in which a reader meets them."""
    paragraphs = (files("lab.report") / "templates" / "method.txt").read_text("utf-8").strip().split("\n\n")
    tokenizer = one_line(results.run.tokenizer, 60)
    for paragraph in paragraphs:
        term, text = " ".join(paragraph.split()).replace("{tokenizer}", tokenizer).split(": ", maxsplit=1)
        if term == "Facts kept" and measured(results) is not None:
            yield term, Line((text, " More: ", Span("Compression", href="#compression"), "."))
        else:
            yield term, text


def _suites_table(results: Results) -> Table:
    """Every suite with its number of scenarios and classes, and the checks that judge it."""
    scenarios: dict[str, list[ScenarioRow]] = {suite: [] for suite in suite_order(results)}
    for scenario in results.scenarios:
        scenarios[scenario.suite].append(scenario)

    def size(title: str, unit: str, what: Callable[[ScenarioRow], object]) -> Col[str]:
        return num(title, lambda suite: Fig(f"{len(set(map(what, scenarios[suite]))):,}"), unit)

    def checks(suite: str) -> Fig:
        named = dict.fromkeys(name for scenario in scenarios[suite] for name in scenario.checks)
        return Fig(one_line(", ".join(named), 600) if named else ALL)

    titles = results.run.suite_titles
    columns: tuple[Col[str], ...] = (
        col("Suite", lambda suite: Fig(one_line(suite, 40), one_line(titles.get(suite, ""), 80))),
        size("Scenarios", "", lambda scenario: scenario.id),
        size("Classes", "", lambda scenario: scenario.class_),
        size("Passes", "a repeat", lambda scenario: scenario.in_pass),
        col("Checks", checks),
    )
    caption = "The suites of this run: their size, the passes of a repeat, and the checks that judge them."
    return table("suites", caption, columns, scenarios)


def price_table(results: Results) -> Table:
    """Prices that costs are made with, with their sources."""
    run = results.run
    rows = [(_tier_name(name, tier.title), tier.model, tier.price) for name, tier in run.tiers.items()]
    rows.append(("Requests that no router touched", run.default_model, run.default_model_price))
    rows += [("Named by scenarios", model, price) for model, price in run.named_prices.items()]
    rows.append(("Same-model view", run.same_model, run.same_model_price))
    columns: tuple[Col[tuple[str, str, PriceInfo]], ...] = (
        col("For", lambda row: Fig(one_line(row[0], 120))),
        col("Model name at the meter", lambda row: Fig(one_line(row[1], 60))),
        num("Input", lambda row: Fig(row[2].input), "USD per million"),
        num("Output", lambda row: Fig(row[2].output), "USD per million"),
        col("Source", lambda row: Fig(one_line(row[2].source, 200))),
    )
    return table("prices", "Prices in USD per million tokens.", columns, rows)


def _tier_name(name: str, title: str) -> str:
    return title if title.startswith(name) else f"{name}: {title}" if title else name


def check_table(results: Results) -> Table:
    """Every check with what it judges, and how each variant fared."""
    counts = {row.variant: row.checks for row in results.totals}

    def fared(variant: str, check: CheckInfo) -> Fig:
        count = counts.get(variant, {}).get(check.name)
        if count is None or not count.passed + count.failed:
            return Fig("not applicable", tone="missing")
        return passed(count.passed, count.passed + count.failed)

    columns: tuple[Col[CheckInfo], ...] = (
        col("Check", lambda check: Fig(check.name, one_line(check.title, 200)), "what it judges"),
        *variant_columns((variant.name for variant in results.variants), fared, num=False),
    )
    caption = "Exchanges that passed each check, of those it applies to."
    return table("checks", caption, columns, results.checks)


def reproduce_section(results: Results) -> Section:
    """The command of the run, its records, versions, host, limits, configuration hashes and timings."""
    run = results.run
    command = visible(shlex.join(run.command)) or "not recorded"
    timings = {name: f"{seconds:.1f} s" for name, seconds in run.timings_s.items()}
    tables = (
        pairs_table("packages", "Packages of the lab", "Package", "Version", run.packages),
        pairs_table("host", "The machine", "Property", "Value", run.host),
        pairs_table("limits", "Limits, equal for every system", "Limit", "Value", run.limits),
        pairs_table("git", "The lab's own source", "Property", "Value", run.git),
        pairs_table("configs", "Configuration files", "File", "SHA-256", run.config_sha256),
        pairs_table("timings", "Where the time went", "Phase", "Duration", timings),
    )
    return Section(
        "How to reproduce",
        (
            f"The command of this run (lab {one_line(run.lab_version, 40)}, seed {run.seed}):",
            Code(command, "sh"),
            Line(RECORDS),
            *(Section(one.caption, (one,), folded=True, apart=False) for one in tables if one.rows),
        ),
        id="reproduce",
        short="Reproduce",
    )


def pairs_table(name: str, caption: str, head: str, value: str, pairs: Mapping[str, object]) -> Table:
    """A table of names and values, sorted by name."""
    columns: tuple[Col[str], ...] = (
        col(head, lambda key: Fig(one_line(key, 120))),
        col(value, lambda key: Fig(one_line(str(pairs[key]), 200))),
    )
    return table(file_name(name), caption, columns, sorted(pairs))
