"""Renders a run: results.json, report.html, report.md, charts and evidence pages, from its records alone."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.kit.anchors import EVIDENCE, cell_name, cell_page, variant_page
from lab.records.lines import remove_parts
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.records.store import Records, RunStore
from lab.report import pages
from lab.report.bodies import Exchange
from lab.report.build import build_results
from lab.report.evidence import Page, page
from lab.report.exchanges import variant_exchanges
from lab.report.rows import cell_map
from lab.report.sections import build
from lab.results.cell import Cell
from lab.results.models import Results
from lab.topics import TOPICS
from lab.topics.topic import Topic

Key = tuple[str, str]
EvidencePages = Literal["page", "failed", "all"]
IDLE_S = 60.0  # longer than a lab that lives leaves a file half-written, which may be packing bodies now


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """Where a rendered report is."""

    results: Path
    html: Path
    markdown: Path
    more: tuple[Path, ...]
    charts: tuple[Path, ...]
    evidence: Path
    cells: tuple[Path, ...]
    variants: tuple[Path, ...]


def render(
    run_dir: Path, evidence: EvidencePages = "page", topics: tuple[Topic, ...] = TOPICS
) -> ReportPaths:
    """Write all files of a run's report; the same records give the same bytes. Raises RecordsError.

    `evidence` says which cells get a plain page besides evidence.html, which holds all: none, those in which
    something failed, or all, to which the report then leads.
    """
    store = RunStore.open(run_dir)
    remove_parts(store.path, IDLE_S)
    with without_collection():
        return _render(store, evidence, topics)


@contextmanager
def without_collection() -> Iterator[None]:
    """Without cyclic garbage collection: records live until the end, looking through them takes seconds."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _render(store: RunStore, choice: EvidencePages, topics: tuple[Topic, ...]) -> ReportPaths:
    records = store.records()
    results = build_results(store, records, topics)
    seen = build(results, topics)
    plain = choice == "all"

    def html(name: str, text: str) -> Path:
        return store.write_file(name, _encode(pages.html_to_plain_evidence(text) if plain else text))

    def markdown(name: str, text: str) -> Path:
        return store.write_file(name, _encode(pages.markdown_to_plain_evidence(text) if plain else text))

    results_path = store.write_file("results.json", results.model_dump_json().encode() + b"\n")
    charts = tuple(
        store.write_file(f"charts/{chart.id}.svg", _encode(pages.chart_svg(chart))) for chart in seen.charts
    )
    groups = pages.Groups(store.redacted)
    cells = tuple(_cells(results, records, store, groups, choice))
    by_key = cell_map(results)
    names = tuple((variant.name, variant_page(variant.name)) for variant in results.variants)
    variants = tuple(
        html(variant_page(variant.name), pages.variant_html(variant_exchanges(results, by_key, variant)))
        for variant in results.variants
    )
    more = tuple(markdown(section.file, pages.section_markdown(seen, section)) for section in seen.files)
    _remove_stale([*store.path.glob("scenarios-*.md"), *store.path.glob("more-*.md")], more)
    _remove_stale(store.path.glob("charts/*.svg"), charts)
    _remove_stale(store.path.glob("evidence/*.html"), (*cells, *variants))
    return ReportPaths(
        results=results_path,
        html=html("report.html", pages.report_html(seen)),
        markdown=markdown("report.md", pages.report_markdown(seen)),
        more=more,
        charts=charts,
        evidence=store.write_file(EVIDENCE, _encode(pages.evidence_html(results.run.id, groups, names))),
        cells=cells,
        variants=variants,
    )


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _cells(
    results: Results, records: Records, store: RunStore, groups: pages.Groups, choice: EvidencePages
) -> Iterator[Path]:
    """Adds the evidence of every cell to `groups`, one at a time; the plain pages that were asked for."""
    for cell, shown in _evidence(results, records, store):
        groups.add(cell.scenario, cell_name(cell.variant, cell.scenario), pages.cell_html(shown))
        if choice == "all" or (choice == "failed" and _went_wrong(cell)):
            name = cell_page(cell.variant, cell.scenario)
            yield store.write_file(name, _encode(pages.cell_page_html(shown)))


def _went_wrong(cell: Cell) -> bool:
    return cell.completed < cell.n or any(check.verdict == "fail" for check in cell.checks.values())


def _evidence(results: Results, records: Records, store: RunStore) -> Iterator[tuple[Cell, Page]]:
    """All cells of which something was recorded, with their evidence, one at a time."""
    exchanges: dict[Key, list[ExchangeRecord]] = {}
    for exchange in records.exchanges:
        exchanges.setdefault((exchange.variant, exchange.scenario), []).append(exchange)
    calls: dict[str, list[UpstreamRecord]] = {}
    for call in records.upstream:
        if call.exchange is not None:
            calls.setdefault(call.exchange, []).append(call)
    scenarios = {scenario.id: scenario for scenario in results.scenarios}
    variants = {variant.name: variant for variant in results.variants}
    order = {scenario.id: number for number, scenario in enumerate(results.scenarios)}
    for cell in sorted(results.cells, key=lambda cell: order[cell.scenario]):  # texts are laid out once
        mine = sorted(exchanges.pop((cell.variant, cell.scenario), []), key=lambda e: e.repeat)
        if not mine:
            continue
        seen = [Exchange(one, tuple(calls.pop(one.id, ()))) for one in mine]
        yield cell, page(cell, scenarios[cell.scenario], variants[cell.variant], seen, store)


def _remove_stale(found: Iterable[Path], kept: tuple[Path, ...]) -> None:
    """Remove files of an earlier rendering that this one does not have."""
    for path in sorted(set(found) - set(kept)):
        path.unlink()
