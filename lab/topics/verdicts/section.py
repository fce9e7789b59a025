"""Every suite's verdict on every variant, and the worst findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.kit import numbers
from lab.kit.anchors import by_variant, suite_anchor, suite_order, variant_head, variant_note, variant_page
from lab.kit.cell_figs import NO, YES, evidence_name
from lab.kit.deciding import decided, does_not_route
from lab.kit.section import Part, Section
from lab.kit.tables import Column, Fig, Notes, Row, Table, status_word
from lab.kit.text import one_line
from lab.results.models import Results, VariantRow
from lab.topics.verdicts.findings_table import findings_table
from lab.topics.verdicts.table import FailedCheck, SuiteVerdict, Verdicts

MOST_ROWS = 200
MOST_FINDINGS = 15
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
    parts = [Part("Scenarios that pass, by suite", table=suites_table(results, verdicts))]
    parts += _findings(results, verdicts)
    parts += [
        Part(f"Failed checks of suite {one_line(suite, 40)}", table=table, folded=True)
        for suite in suites
        if (table := _failed_checks(results, verdicts, suite)).rows
    ]
    for title, table in (
        ("Scenarios that pass in some repeats only", _partly(results, verdicts)),
        ("Scenarios without a verdict, and why", _not_judged(verdicts, suites)),
    ):
        if table.rows:
            parts.append(Part(title, table=table, folded=True))
    return Section(id="verdicts", title="Verdicts", lead=_lead(results), parts=tuple(parts))


def _findings(results: Results, verdicts: Verdicts) -> Iterator[Part]:
    """What went wrong; where there is much, what is less grave is folded."""
    shown = list(verdicts.findings)
    grave = [one for one in shown if one.kind != "other"]
    if len(shown) > MOST_FINDINGS and grave:
        shown = grave
    if shown:
        yield Part("What went wrong, the worst first", table=findings_table(results, shown))
    others = verdicts.findings[len(shown) :]
    if others:
        table = findings_table(results, others, "other-findings")
        yield Part(f"Other failed checks ({len(others):,})", table=table, folded=True)


def _lead(results: Results) -> tuple[str, ...]:
    repeats = results.run.repeats
    often = "Each is sent once." if repeats == 1 else f"Each is sent {repeats} times."
    lead = [f"{RULE} {often} {K_OF_N}"]
    wrong = results.wrong_answers
    if not wrong.served and (answers := sum(wrong.judged.values())):
        lead.append(NO_WRONG.format("1 answer" if answers == 1 else f"{numbers.tokens(answers)} answers"))
    for variant in results.variants:
        if variant.lab_decides:
            decided = one_line(variant.lab_decides, 300)
            lead.append(
                f"{one_line(variant.name, 40)}: the lab decides {decided}; its verdicts include that."
            )
    return tuple(lead)


def suites_table(results: Results, verdicts: Verdicts) -> Table:
    """One row a variant, one column a suite: how many of its scenarios pass."""
    notes = Notes()
    suites = suite_order(results)
    found = {(row.variant, row.suite): row for row in verdicts.rows}
    together = {row.variant: row for row in verdicts.together}
    same = max((row.scenarios for row in verdicts.together), default=0)
    rows = []
    for variant in results.variants:
        mine = [found[variant.name, suite] for suite in suites]
        head = variant_head(variant.name, variant_note(variant))
        control = variant.kind == "control"
        if variant.status != "measured" and not any(row.judged for row in mine):
            reason = one_line(variant.reason or "no reason was recorded", 400)
            span = Fig(status_word(variant.status), note=reason, tone="missing")
            rows.append(Row(head, span=span, control=control))
            continue
        cells = [_suite_fig(row, variant, verdicts, notes) for row in mine]
        if len(mine) > 1:
            cells.append(_together(together[variant.name], notes))
        rows.append(Row(head, tuple(cells), control=control))
    titles = results.run.suite_titles
    columns = [Column(one_line(name, 40), one_line(titles.get(name, ""), 60), num=False) for name in suites]
    return Table(
        id="verdict-suites",
        caption=(
            "Scenarios that pass, of those judged. Scenarios that are no valid request are not counted."
            + (TOGETHER if len(suites) > 1 else "")
        ),
        columns=(
            Column("Variant", num=False),
            *columns,
            *([Column("All suites", f"{same:,} judged for all", num=False)] if len(suites) > 1 else []),
        ),
        rows=tuple(rows),
        notes=tuple(notes.texts),
        cards=True,
    )


def _suite_fig(row: SuiteVerdict, variant: VariantRow, verdicts: Verdicts, notes: Notes) -> Fig:
    """A verdict on a suite; one about tiers is for those that choose them, and no merit if the lab does."""
    fig = passed_fig(row, notes, f"#{suite_anchor(row.suite)}")
    if row.suite not in verdicts.about_tiers or not row.judged:
        return fig
    if not variant.routes:
        lost = row.judged - row.passed
        other = f"{lost:,} of {row.judged:,} fail other checks" if lost else ""
        return replace(does_not_route(notes, other), href=fig.href)
    return decided(fig, variant) if row.passed == row.judged else fig


def _together(row: SuiteVerdict, notes: Notes) -> Fig:
    return passed_fig(row, notes) if row.scenarios else notes.missing("none", NONE_TOGETHER)


def passed_fig(row: SuiteVerdict, notes: Notes, href: str = "") -> Fig:
    """How many scenarios pass of those judged; beneath, those that pass sometimes, and those not judged."""
    if not row.judged:
        first = row.missing[0]
        return notes.missing(status_word(first.status), first.reason, href)
    parts = [f"{len(row.partly):,} in some repeats" if row.partly else ""]
    counts: dict[str, int] = {}
    for one in row.missing:
        word = "not judged" if one.status == "measured" else status_word(one.status)
        counts[word] = counts.get(word, 0) + one.scenarios
    parts += [f"{count:,} {word}" for word, count in counts.items()]
    whole = row.passed == row.judged
    return Fig(
        numbers.share(row.passed, row.judged),
        note=", ".join(part for part in parts if part),
        sign=YES if whole else NO,
        tone="good" if whole else "bad",
        href=href,
    )


def _failed_checks(results: Results, verdicts: Verdicts, suite: str) -> Table:
    """Every variant's failed checks in one suite."""
    control = {v.name for v in results.variants if v.kind == "control"}
    rows = [
        _failed_row(row, failed, row.variant in control)
        for row in verdicts.rows
        if row.suite == suite
        for failed in row.checks
    ]
    return Table(
        id=f"failed-{suite_anchor(suite)}",
        caption="Checks that failed, each with the scenarios and exchanges it failed of those it applies to.",
        columns=(
            Column("Variant and check", num=False),
            Column("Scenarios", "that fail it", num=False),
            Column("Exchanges", "that fail it", num=False),
            Column("Most frequent reason", num=False),
        ),
        rows=tuple(rows),
    )


def _failed_row(row: SuiteVerdict, failed: FailedCheck, control: bool) -> Row:
    return Row(
        Fig(
            one_line(row.variant, 40),
            one_line(failed.check, 60),
            href=evidence_name(row.variant, failed.example),
            page=variant_page(row.variant),
        ),
        (
            Fig(numbers.share(failed.scenarios, failed.of), sign=NO, tone="bad"),
            Fig(numbers.share(failed.exchanges, failed.of_exchanges)),
            Fig(one_line(failed.why, 300), f"first in {failed.example}"),
        ),
        control=control,
    )


def _partly(results: Results, verdicts: Verdicts) -> Table:
    """Scenarios that pass in some repeats only, each with its k of n."""
    known: dict[str, VariantRow] = by_variant(results)
    found = [(row, one) for row in verdicts.rows for one in row.partly]
    rows = [
        Row(
            Fig(
                one_line(f"{row.variant}, {one.scenario}", 90), href=evidence_name(row.variant, one.scenario)
            ),
            (Fig(one_line(row.suite, 40)), Fig(numbers.share(one.passed, one.of), sign=NO, tone="bad")),
            control=known[row.variant].kind == "control",
        )
        for row, one in found[:MOST_ROWS]
    ]
    more = len(found) - len(rows)
    return Table(
        id="partly",
        caption="Repeats that pass, of all repeats."
        + (f" {more:,} more are in results.json." if more else ""),
        columns=(
            Column("Variant and scenario", num=False),
            Column("Suite", num=False),
            Column("Repeats", num=False),
        ),
        rows=tuple(rows),
    )


def _not_judged(verdicts: Verdicts, suites: Sequence[str]) -> Table:
    """Scenarios without a verdict, those with the same reason in one row."""
    found: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    for row in sorted(verdicts.rows, key=lambda row: suites.index(row.suite)):
        for one in row.missing:
            found.setdefault((row.suite, one.status, one.reason), []).append((row.variant, one.scenarios))
    rows = []
    for (suite, status, reason), counts in found.items():
        word = "not judged" if status == "measured" else status_word(status)
        most = max(count for _, count in counts)
        alike = all(count == most for _, count in counts)
        names = ", ".join(name if alike else f"{name} ({count})" for name, count in counts)
        cells = (Fig(word), Fig(f"{most:,}" if alike else f"up to {most:,}"), Fig(one_line(names, 300)))
        rows.append(Row(Fig(one_line(suite, 40)), (*cells, Fig(one_line(reason, 300)))))
    return Table(
        id="not-judged",
        caption="Scenarios that were not asked, not answered, or that no check could judge.",
        columns=(
            Column("Suite", num=False),
            Column("Status", num=False),
            Column("Scenarios", num=False),
            Column("Variants", num=False),
            Column("Why", num=False),
        ),
        rows=tuple(rows),
    )
