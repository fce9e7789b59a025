"""Every suite's verdict on every variant, and the worst findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lab.exchange.quoting import listed
from lab.kit import numbers
from lab.kit.anchors import (
    first_suites,
    gap,
    is_control,
    suite_anchor,
    suite_order,
    variant_head,
    variant_note,
    variant_page,
)
from lab.kit.cell_figs import evidence_link
from lab.kit.deciding import decided, does_not_route
from lab.kit.section import Line, Section, Span
from lab.kit.tables import (
    Col,
    Fig,
    Row,
    Short,
    Table,
    col,
    judged,
    missing,
    passed,
    status_word,
    table,
    without,
)
from lab.kit.text import one_line, short
from lab.results.models import Results, VariantRow
from lab.topics.verdicts.findings_table import exchanges_fig, findings_table, why_fig
from lab.topics.verdicts.forms import forms_table
from lab.topics.verdicts.table import FailedCheck, Habit, PartlyPassed, SuiteVerdict, Verdicts

MOST_ROWS = 200
MOST_FINDINGS = 15
LONGEST_TITLE = 9
BY_HABIT = "by one habit alone"
RULE = "A scenario passes only if every repeat passes every check that judges it."
K_OF_N = "Where it passes in some repeats only, it counts as not passed, and is shown as k of n."
TOGETHER = (
    " All suites: only scenarios that are judged for all compared variants; a suite about tiers is left out "
    "where one of them does not route."
)
NONE_TOGETHER = "No scenario is judged for all compared variants."
NO_WRONG = "No wrong answer was served: {} were judged by where they come from, and none was another's."


def section(results: Results) -> Section | None:
    """The report's section on verdicts; None where the run has nothing to show."""
    verdicts = results.table(Verdicts)
    if verdicts is None:
        return None
    suites = suite_order(results)
    parts = [Section("Scenarios that pass, by suite", (suites_table(results, verdicts),))]
    if (forms := forms_table(results, verdicts)) is not None:
        parts.append(Section("Scenarios that pass, by form", (forms,)))
    parts += _findings(results, verdicts)
    folded = [
        (f"Failed checks of suite {one_line(suite, 40)}", _failed_checks(results, verdicts, suite))
        for suite in suites
    ]
    folded.append(("Scenarios that pass in some repeats only", _partly(results, verdicts)))
    folded.append(("Scenarios without a verdict, and why", _not_judged(verdicts, suites)))
    parts += [Section(title, (rows,), folded=True) for title, rows in folded if rows.rows]
    return Section("Verdicts", (*_lead(results), *parts), id="verdicts")


def _findings(results: Results, verdicts: Verdicts) -> Iterator[Section]:
    """What went wrong; where there is much, what is less grave is folded."""
    shown = list(verdicts.findings)
    grave = [one for one in shown if one.kind != "other"]
    if len(shown) > MOST_FINDINGS and grave:
        shown = grave
    if shown:
        yield Section("What went wrong, the worst first", (findings_table(results, shown),))
    others = verdicts.findings[len(shown) :]
    if others:
        rest = findings_table(results, others, "other-findings")
        yield Section(f"Other failed checks ({len(others):,})", (rest,), folded=True)


def _lead(results: Results) -> tuple[str, ...]:
    repeats = results.run.repeats
    often = "Each is sent once." if repeats == 1 else f"Each is sent {numbers.counted(repeats, 'time')}."
    lead = [f"{RULE} {often} {K_OF_N}"]
    wrong = results.wrong_answers
    if not wrong.served and (answers := sum(wrong.judged.values())):
        lead.append(NO_WRONG.format(numbers.counted(answers, "answer")))
    for variant in results.variants:
        if variant.lab_decides:
            decided = one_line(variant.lab_decides, 300)
            lead.append(
                f"{one_line(variant.name, 40)}: the lab decides {decided}; its verdicts include that."
            )
    return tuple(lead)


def suites_table(results: Results, verdicts: Verdicts) -> Table:
    """One row a variant, one column a suite: how many of its scenarios pass."""
    suites, titles = first_suites(results), results.run.suite_titles
    known = {(row.variant, row.suite): row for row in verdicts.rows}
    together = {row.variant: row for row in verdicts.together}
    same = max((row.scenarios for row in verdicts.together), default=0)

    def suite(name: str) -> Col[VariantRow]:
        def get(variant: VariantRow) -> Fig:
            return _suite_fig(known[variant.name, name], variant, verdicts)

        title = one_line(name, 40)
        unit, console = one_line(titles.get(name, ""), 60), Short(short(title, LONGEST_TITLE))
        return col(title, get, unit, console=console)

    def row(variant: VariantRow) -> VariantRow | Row:
        if variant.status == "measured" or any(known[variant.name, name].judged for name in suites):
            return variant
        return gap(variant, without(variant.status, variant.reason), variant_note(variant))

    columns: tuple[Col[VariantRow], ...] = (
        col(
            "Variant",
            lambda variant: variant_head(variant.name, variant_note(variant)),
            console=Short("variant"),
        ),
        *map(suite, suites),
        col(
            "All suites",
            lambda variant: _together(together[variant.name]),
            f"{same:,} judged for all",
            console=Short("all"),
            shown=len(suites) > 1,
        ),
    )
    return table(
        "verdict-suites",
        "Scenarios that pass, of those judged. Scenarios that are no valid request are not counted."
        + (TOGETHER if len(suites) > 1 else ""),
        columns,
        map(row, results.variants),
        control=lambda variant: variant.kind == "control",
        cards=True,
    )


def _suite_fig(row: SuiteVerdict, variant: VariantRow, verdicts: Verdicts) -> Fig:
    """A verdict on a suite; one about tiers is for those that choose them, and no merit if the lab does."""
    fig = passed_fig(row, f"#{suite_anchor(row.suite)}")
    if row.suite not in verdicts.about_tiers or not row.judged:
        return fig
    if not variant.routes:
        lost = row.judged - row.passed
        other = f"{lost:,} of {row.judged:,} fail other checks" if lost else ""
        other += f", {row.by_habit:,} {BY_HABIT}" if row.by_habit else ""
        return replace(does_not_route(other), href=fig.href)
    return decided(fig, variant) if row.passed == row.judged else fig


def habit_lines(results: Results) -> tuple[Line, ...]:
    """Of each variant with such a habit: how many scenarios pass, and how many fail by it alone."""
    verdicts = results.table(Verdicts)
    return tuple(_habit(verdicts, habit) for habit in verdicts.habits) if verdicts else ()


def _habit(verdicts: Verdicts, habit: Habit) -> Line:
    rows = [row for row in verdicts.rows if row.variant == habit.variant]
    passing = numbers.share(sum(row.passed for row in rows), sum(row.judged for row in rows))
    count = habit.scenarios
    what = one_line(listed(habit.whys), 300)
    return Line(
        (
            Span(one_line(habit.variant, 40), "strong", evidence_link(habit.variant, habit.example)),
            f": {passing} scenarios pass; {count:,} {_fail(count)} {BY_HABIT} ({habit.check}): {what}.",
        )
    )


def _fail(count: int) -> str:
    return "fails" if count == 1 else "fail"


def _together(row: SuiteVerdict) -> Fig:
    return passed_fig(row) if row.scenarios else missing("none", NONE_TOGETHER)


def passed_fig(row: SuiteVerdict, href: str = "") -> Fig:
    """How many scenarios pass of those judged; beneath, those that pass sometimes, and those not judged."""
    if not row.judged:
        first = row.missing[0]
        return missing(first.status, first.reason, href)
    parts = [f"{len(row.partly):,} in some repeats" if row.partly else ""]
    counts: dict[str, int] = {}
    for one in row.missing:
        word = "not judged" if one.status == "measured" else status_word(one.status)
        counts[word] = counts.get(word, 0) + one.scenarios
    parts += [f"{count:,} {word}" for word, count in counts.items()]
    parts.append(f"{row.by_habit:,} {_fail(row.by_habit)} {BY_HABIT}" if row.by_habit else "")
    return passed(row.passed, row.judged, ", ".join(part for part in parts if part), href)


def _failed_checks(results: Results, verdicts: Verdicts, suite: str) -> Table:
    """Every variant's failed checks in one suite."""
    rows = [(row, failed) for row in verdicts.rows if row.suite == suite for failed in row.checks]
    of_control = is_control(results)
    columns: tuple[Col[tuple[SuiteVerdict, FailedCheck]], ...] = (
        col("Variant and check", lambda row: _failed_head(*row)),
        col("Scenarios", lambda row: _lost(row[1].scenarios, row[1].of), "that fail it"),
        col("Exchanges", lambda row: exchanges_fig(row[1]), "that fail it"),
        col("Most frequent reason", lambda row: why_fig(row[1])),
    )
    return table(
        f"failed-{suite_anchor(suite)}",
        "Checks that failed, each with the scenarios and exchanges it failed of those it applies to.",
        columns,
        rows,
        control=lambda row: of_control(row[0]),
    )


def _failed_head(row: SuiteVerdict, failed: FailedCheck) -> Fig:
    href, page = evidence_link(row.variant, failed.example), variant_page(row.variant)
    return Fig(one_line(row.variant, 40), one_line(failed.check, 60), href=href, page=page)


def _lost(part: int, whole: int) -> Fig:
    return judged(numbers.share(part, whole), right=False)


def _partly(results: Results, verdicts: Verdicts) -> Table:
    """Scenarios that pass in some repeats only, each with its k of n."""
    rows = [(row, one) for row in verdicts.rows for one in row.partly]
    of_control = is_control(results)

    def head(row: tuple[SuiteVerdict, PartlyPassed]) -> Fig:
        variant, scenario = row[0].variant, row[1].scenario
        return Fig(one_line(f"{variant}, {scenario}", 90), href=evidence_link(variant, scenario))

    columns: tuple[Col[tuple[SuiteVerdict, PartlyPassed]], ...] = (
        col("Variant and scenario", head),
        col("Suite", lambda row: Fig(one_line(row[0].suite, 40))),
        col("Repeats", lambda row: _lost(row[1].passed, row[1].of)),
    )
    more = len(rows) - MOST_ROWS
    cut = f" {more:,} more are in results.json." if more > 0 else ""
    return table(
        "partly",
        f"Repeats that pass, of all repeats.{cut}",
        columns,
        rows[:MOST_ROWS],
        control=lambda row: of_control(row[0]),
    )


def _not_judged(verdicts: Verdicts, suites: Sequence[str]) -> Table:
    """Scenarios without a verdict, those with the same reason in one row."""
    alike: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in sorted(verdicts.rows, key=lambda row: suites.index(row.suite)):
        for one in row.missing:
            alike.setdefault((row.suite, one.status, one.reason), {})[row.variant] = one.scenarios

    def word(status: str) -> str:
        return "not judged" if status == "measured" else status_word(status)

    def most(counts: Mapping[str, int]) -> str:
        same = len(set(counts.values())) == 1
        return f"{max(counts.values()):,}" if same else f"up to {max(counts.values()):,}"

    def names(counts: Mapping[str, int]) -> str:
        same = len(set(counts.values())) == 1
        return ", ".join(name if same else f"{name} ({count})" for name, count in counts.items())

    columns: tuple[Col[tuple[str, str, str]], ...] = (
        col("Suite", lambda key: Fig(one_line(key[0], 40))),
        col("Status", lambda key: Fig(word(key[1]))),
        col("Scenarios", lambda key: Fig(most(alike[key]))),
        col("Variants", lambda key: Fig(one_line(names(alike[key]), 300))),
        col("Why", lambda key: Fig(one_line(key[2], 300))),
    )
    caption = "Scenarios that were not asked, not answered, or that no check could judge."
    return table("not-judged", caption, columns, alike)
