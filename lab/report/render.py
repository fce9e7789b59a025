"""Renders a run: results.json, report.html, report.md, charts and evidence pages, from its records alone."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.kit.anchors import EVIDENCE, cell_name, plain_page, variant_name
from lab.records.lines import remove_parts
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.records.store import Records, RunStore
from lab.report import pages
from lab.report.bodies import Exchange
from lab.report.build import build_results
from lab.report.evidence import Page
from lab.report.evidence import page as page_of
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
    plain: tuple[Path, ...]


def render(
    run_dir: Path, evidence: EvidencePages = "page", topics: tuple[Topic, ...] = TOPICS
) -> ReportPaths:
    """Write all files of a run's report; the same records give the same bytes. Raises RecordsError.

    `evidence` says what gets a plain page besides evidence.html, which holds all: nothing, cells in which
    something failed, or all cells and variants, to which the report then leads.
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

    def write(name: str, text: str) -> Path:
        shown = pages.to_plain_evidence(name, text) if choice == "all" else text
        return store.write_file(name, shown.encode("utf-8", "replace"))

    results_path = store.write_file("results.json", results.model_dump_json().encode() + b"\n")
    charts = tuple(write(f"charts/{chart.id}.svg", pages.chart_svg(chart)) for chart in seen.charts)
    groups = pages.Groups(store.redacted)
    plain = []
    for about, name, title, shown, wanted in _evidence(results, records, store):
        groups.add(about, name, shown)
        if choice == "all" or (choice == "failed" and wanted):
            plain.append(write(plain_page(name), pages.plain_html(title, shown)))
    names = tuple((variant.name, variant_name(variant.name)) for variant in results.variants)
    more = tuple(write(part.file, pages.laid_out("more.md.j2", r=seen, s=part)) for part in seen.files)
    _remove_stale([*store.path.glob("scenarios-*.md"), *store.path.glob("more-*.md")], more)
    _remove_stale(store.path.glob("charts/*.svg"), charts)
    _remove_stale(store.path.glob("evidence/*.html"), plain)
    if not plain:
        with suppress(OSError):  # it is not there, or holds what is not the report's
            (store.path / "evidence").rmdir()
    return ReportPaths(
        results=results_path,
        html=write("report.html", pages.laid_out("report.html.j2", r=seen)),
        markdown=write("report.md", pages.laid_out("report.md.j2", r=seen)),
        more=more,
        charts=charts,
        evidence=write(EVIDENCE, pages.evidence_html(results.run.id, groups, names)),
        plain=tuple(plain),
    )


def _evidence(
    results: Results, records: Records, store: RunStore
) -> Iterator[tuple[str, str, str, str, bool]]:
    """All evidence, one by one: what it is about, its name, its title, the page, and if something failed."""
    for cell, page in _cells(results, records, store):
        shown = pages.laid_out("cell.html.j2", p=page)
        failed = cell.completed < cell.n or any(check.verdict == "fail" for check in cell.checks.values())
        title = f"{page.scenario} through {page.variant}"
        yield cell.scenario, cell_name(cell.variant, cell.scenario), title, shown, failed
    cells = cell_map(results)
    for variant in results.variants:
        section = variant_exchanges(results, cells, variant)
        shown = pages.laid_out("variant.html.j2", p=section)
        title = f"all exchanges of {section.short}"
        yield f"variant {variant.name}", variant_name(variant.name), title, shown, False


def _cells(results: Results, records: Records, store: RunStore) -> Iterator[tuple[Cell, Page]]:
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
        yield cell, page_of(cell, scenarios[cell.scenario], variants[cell.variant], seen, store)


def _remove_stale(found: Iterable[Path], kept: Collection[Path]) -> None:
    """Remove files of an earlier rendering that this one does not have."""
    for path in sorted(set(found) - set(kept)):
        path.unlink()
