"""The whole report as data, built from results alone: its sections in reading order, and its contents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.kit import numbers
from lab.kit.section import Line, Section, walk
from lab.kit.shapes import Chart
from lab.kit.text import one_line
from lab.report.alert import alert_section
from lab.report.by_class import features_section
from lab.report.cache_hits import background_section, caches_section
from lab.report.costs import cost_section
from lab.report.grids import scenarios_section
from lab.report.matrices import tokens_section
from lab.report.reliability import latency_section
from lab.report.stated import claims_section
from lab.report.summary import summary_section, trust_headline, trust_section
from lab.report.systems import method_section, reproduce_section, systems_section
from lab.results.models import Results
from lab.topics import TOPICS
from lab.topics.topic import Topic

Builder = Callable[[Results], Section | None]


def builders(topics: tuple[Topic, ...]) -> tuple[Builder, ...]:
    """What makes each section, in reading order; the first topic stands before what to trust."""
    first, *others = [topic.section for topic in topics] or [lambda _: None]
    return (
        alert_section,
        summary_section,
        first,
        trust_section,
        *others,
        tokens_section,
        cost_section,
        latency_section,
        features_section,
        scenarios_section,
        claims_section,
        caches_section,
        background_section,
        systems_section,
        method_section,
        reproduce_section,
    )


@dataclass(frozen=True, slots=True)
class ReportView:
    """Everything a report shows: its head, its sections in reading order, its foot."""

    run: str
    title: str
    about: str
    lead: str
    trust: Line
    sections: tuple[Section, ...]
    made_by: str

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart of the report."""
        blocks = (block for section in walk(self.sections) for block in section.blocks)
        return tuple(block for block in blocks if isinstance(block, Chart))

    @property
    def files(self) -> tuple[Section, ...]:
        """The sections with parts that Markdown has in a file of their own."""
        return tuple(section for section in walk(self.sections) if section.file)


def build(results: Results, topics: tuple[Topic, ...] = TOPICS) -> ReportView:
    """The report's view of these results."""
    run = results.run
    name, created, engine = one_line(run.id, 80), one_line(run.created_at, 40), one_line(run.engine, 40)
    sections = (made for builder in builders(topics) if (made := builder(results)) is not None)
    return ReportView(
        run=name,
        title="What each gateway did to the traffic",
        about=f"LLM Gateway Lab, run {name}, {created}, engine {engine}",
        lead=_lead(results),
        trust=Line((trust_headline(results),)),
        sections=tuple(section.numbered() for section in sections),
        made_by=(
            f"Made by LLM Gateway Lab {one_line(run.lab_version, 40)} from the records of run {name}. Text "
            "from models and gateways is shown as data."
        ),
    )


def _lead(results: Results) -> str:
    run, comparison = results.run, results.comparison
    often = "once" if run.repeats == 1 else numbers.counted(run.repeats, "time")
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
