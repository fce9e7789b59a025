"""Names and anchors that several parts of the report share: suites, variants, scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, TypeVar

from lab.kit.tables import Col, Fig, Row
from lab.kit.text import file_name, one_line
from lab.results.models import Results, VariantRow

T = TypeVar("T")
FIRST_SUITE = "core"
EVIDENCE = "evidence.html"


def suite_order(results: Results) -> tuple[str, ...]:
    """The suites of the run's scenarios: `core` first, then in the order of the run."""
    names = dict.fromkeys(scenario.suite for scenario in results.scenarios)
    return tuple(sorted(names, key=lambda name: name != FIRST_SUITE))


def first_suites(results: Results) -> tuple[str, ...]:
    """The suites in the run's first form, without those that are further forms of one."""
    further = {scenario.suite for scenario in results.scenarios if scenario.written}
    return tuple(name for name in suite_order(results) if name not in further)


def suite_anchor(suite: str) -> str:
    """The id of a suite's part of the report."""
    return f"suite-{file_name(suite)}"


def suite_file(suite: str) -> str:
    """The Markdown file of a large suite's scenarios, beside report.md."""
    return f"scenarios-{file_name(suite)}.md"


def scenario_anchor(scenario: str) -> str:
    """The id of a scenario's part of the report: its table, or its row in a grid."""
    return f"scenario-{file_name(scenario)}"


def cell_name(variant: str, scenario: str) -> str:
    """The name of a cell's evidence: within evidence.html, and as a plain page."""
    return file_name(variant, scenario)


def variant_name(variant: str) -> str:
    """The name of the page with all exchanges of a variant, as of a cell's evidence; no cell has it."""
    return file_name(variant.replace("--", "__"))


def plain_page(name: str) -> str:
    """The plain page of the evidence with this name, relative to the report."""
    return f"evidence/{name}.html"


def variant_page(variant: str) -> str:
    """Where all exchanges of a variant are shown, relative to the report."""
    return f"{EVIDENCE}#{variant_name(variant)}"


def variant_anchor(variant: str) -> str:
    """The id of a variant's part of the report."""
    return f"variant-{variant}"


def variant_head(variant: str, note: str = "") -> Fig:
    """A row heading that leads to the variant's own section, and its figures to all its exchanges."""
    return Fig(one_line(variant, 40), note, href=f"#{variant_anchor(variant)}", page=variant_page(variant))


def variant_column(variant: str, get: Callable[[T], Fig], *, num: bool = True) -> Col[T]:
    """A column of a variant's figures, which lead to all its exchanges."""
    return Col(one_line(variant, 40), num=num, page=variant_page(variant), get=get)


def variant_columns(
    variants: Iterable[str], get: Callable[[str, T], Fig], *, num: bool = True
) -> tuple[Col[T], ...]:
    """One column per variant; `get` makes the figure of a variant in a row."""
    return tuple(variant_column(variant, partial(get, variant), num=num) for variant in variants)


def gap(variant: VariantRow, why: Fig, note: str = "") -> Row:
    """The row of a variant that has no figures, and why."""
    return Row(variant_head(variant.name, note), span=why, control=variant.kind == "control")


class OfVariant(Protocol):
    """What stands for a variant, which it names."""

    @property
    def variant(self) -> str:
        """Its name."""


def is_control(results: Results) -> Callable[[OfVariant], bool]:
    """Whether a row is the control's, which tables set off."""
    controls = {variant.name for variant in results.variants if variant.kind == "control"}
    return lambda row: row.variant in controls


def by_variant(results: Results) -> dict[str, VariantRow]:
    """The variants of the run by name."""
    return {variant.name: variant for variant in results.variants}


def variant_note(variant: VariantRow) -> str:
    """What kind of variant it is, in a word or two."""
    if variant.kind == "control":
        return "control"
    kind = "vendor defaults" if variant.vendor_defaults else "tuned"
    return f"{kind}, the lab decides" if variant.lab_decides else kind
