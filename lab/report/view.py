"""The whole report as data, built from results alone; templates only lay it out."""

from __future__ import annotations

from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.cell_figs import ScenarioView
from lab.kit.deciding import price_note
from lab.kit.section import Section
from lab.kit.shapes import Chart
from lab.kit.tables import Fig, Table
from lab.kit.text import one_line
from lab.report.alert import Alert, alert
from lab.report.claims import background_table, cache_table, claims_table, contradictions_table
from lab.report.class_costs import class_cost_tables, left_out
from lab.report.costs import cost_table, monthly_table
from lab.report.drawings import all_charts
from lab.report.features import FeatureSuite, feature_suites
from lab.report.grids import SuiteView, suite_views
from lab.report.matrices import facts_matrix, token_matrix
from lab.report.method import MethodItem, method_items, suites_checks_table
from lab.report.rows import cell_map, lines
from lab.report.summary import TrustItem, trust_facts, trust_headline, trust_items, verdict_table
from lab.report.systems import (
    VariantView,
    check_table,
    command_line,
    price_table,
    reproduction_tables,
    variant_views,
)
from lab.report.toc import VERDICTS, Entry, contents
from lab.report.totals import latency_table
from lab.results.models import Results
from lab.topics import TOPICS


@dataclass(frozen=True, slots=True)
class ReportView:
    """Everything a report shows, in reading order."""

    run: str
    created: str
    engine: str
    lead: str
    alert: Alert | None
    verdict: Table
    price_note: str
    trust: Fig
    trust_facts: tuple[tuple[str, str], ...]
    trust_items: tuple[TrustItem, ...]
    run_notes: tuple[str, ...]
    charts: dict[str, Chart]
    tokens: Table
    facts: Table
    cost: Table
    monthly: Table
    latency: Table
    class_costs: tuple[Table, ...]
    left_out: tuple[str, ...]
    features: tuple[FeatureSuite, ...]
    suites: tuple[SuiteView, ...]
    claims: Table
    contradictions: Table
    caches: Table
    background: Table
    variants: tuple[VariantView, ...]
    method: tuple[MethodItem, ...]
    suites_checks: Table
    prices: Table
    checks: Table
    tokenizer: str
    command: str
    seed: str
    lab_version: str
    reproduction: tuple[Table, ...]
    sections: tuple[Section, ...]

    @property
    def all_charts(self) -> tuple[Chart, ...]:
        """Every chart of the report, those of its sections too."""
        own = (part.chart for section in self.sections for part in section.parts)
        return (*self.charts.values(), *(chart for chart in own if chart is not None))

    @property
    def verdicts(self) -> tuple[Section, ...]:
        """The section of verdicts, which stands before the others; none where nothing was judged."""
        return tuple(section for section in self.sections if section.id == VERDICTS)

    @property
    def other_sections(self) -> tuple[Section, ...]:
        """The sections that stand by themselves, but for that of verdicts."""
        return tuple(section for section in self.sections if section.id != VERDICTS)

    @property
    def scenarios(self) -> tuple[ScenarioView, ...]:
        """The scenarios that have a table of their own."""
        return tuple(scenario for suite in self.suites for scenario in suite.scenarios)

    @property
    def contents(self) -> tuple[Entry, ...]:
        """What the report has, in reading order."""
        return contents(self.sections, self.suites, self.variants, alert=self.alert is not None)


def build(results: Results) -> ReportView:
    """The report's view of these results."""
    cells = cell_map(results)
    run = results.run
    rows = lines(results, cells)
    sections = tuple(made for topic in TOPICS if (made := topic.section(results)) is not None)
    return ReportView(
        run=one_line(run.id, 80),
        created=one_line(run.created_at, 40),
        engine=one_line(run.engine, 40),
        lead=_lead(results),
        alert=alert(results),
        verdict=verdict_table(results),
        price_note=price_note(results),
        trust=trust_headline(results),
        trust_facts=trust_facts(results),
        trust_items=trust_items(results),
        run_notes=_run_notes(results),
        charts=all_charts(results, cells),
        tokens=token_matrix(results, rows),
        facts=facts_matrix(results, rows),
        cost=cost_table(results),
        monthly=monthly_table(results),
        latency=latency_table(results),
        class_costs=class_cost_tables(results),
        left_out=left_out(results),
        features=feature_suites(results),
        suites=suite_views(results, cells),
        claims=claims_table(results),
        contradictions=contradictions_table(results),
        caches=cache_table(results),
        background=background_table(results),
        variants=variant_views(results),
        method=method_items(results, [section.id for section in sections]),
        suites_checks=suites_checks_table(results),
        prices=price_table(results),
        checks=check_table(results),
        tokenizer=one_line(run.tokenizer, 60),
        command=command_line(results),
        seed=str(run.seed),
        lab_version=one_line(run.lab_version, 40),
        reproduction=reproduction_tables(results),
        sections=sections,
    )


def _lead(results: Results) -> str:
    run, comparison = results.run, results.comparison
    often = "once" if run.repeats == 1 else f"{numbers.tokens(run.repeats)} times"
    ran, of = len({cell.variant for cell in results.cells if cell.n}), len(results.variants)
    through = numbers.tokens(of) if ran == of else numbers.share(ran, of)
    routers = any(scenario.routers_only for scenario in results.scenarios)
    often += " (some only through those that route)" if routers else ""
    return (
        f"{numbers.tokens(run.exchanges)} exchanges: {numbers.tokens(len(results.scenarios))} scenarios "
        f"through {through} variants, each {often}. Totals cover the "
        f"{numbers.tokens(len(comparison.scenarios))} scenarios that all "
        f"{numbers.tokens(len(comparison.variants))} compared variants completed."
    )


def _run_notes(results: Results) -> tuple[str, ...]:
    run = results.run
    mode = [f"Upstream mode {run.upstream_mode}: {run.upstream_mode_why}"]
    told = " ".join(note.detail for note in results.trust)
    engine = [note for note in run.engine_notes if note not in told]
    return tuple(one_line(note, 400) for note in (*(mode if run.upstream_mode_why else ()), *engine))
