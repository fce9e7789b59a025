"""Renders a run: results.json, report.html, report.md, charts and evidence pages, from its records alone."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from lab.kit.anchors import variant_page
from lab.kit.cell_figs import evidence_name
from lab.kit.text import file_name
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.records.store import Records, RunStore
from lab.report import pages, view
from lab.report.build import build_results
from lab.report.evidence import Evidence, page
from lab.report.exchanges import variant_exchanges
from lab.report.rows import cell_map
from lab.results.models import Results
from lab.topics import TOPICS
from lab.topics.topic import Topic

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """Where a rendered report is."""

    results: Path
    html: Path
    markdown: Path
    more: tuple[Path, ...]
    charts: tuple[Path, ...]
    evidence: tuple[Path, ...]


def render(run_dir: Path, topics: tuple[Topic, ...] = TOPICS) -> ReportPaths:
    """Write all files of a run's report; the same records give the same bytes. Raises RecordsError."""
    with without_collection():
        return _render(RunStore.open(run_dir), topics)


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


def _render(store: RunStore, topics: tuple[Topic, ...]) -> ReportPaths:
    records = store.records()
    results = build_results(store, records, topics)
    seen = view.build(results, topics)
    results_path = store.write_file("results.json", results.model_dump_json(indent=1).encode() + b"\n")
    charts = tuple(
        store.write_file(f"charts/{chart.id}.svg", _encode(pages.chart_svg(chart))) for chart in seen.charts
    )
    evidence = tuple(
        store.write_file(name, _encode(text))
        for name, text in chain(_evidence(results, records, store), _variants(results))
    )
    more = tuple(
        store.write_file(section.file, _encode(pages.section_markdown(seen, section)))
        for section in seen.files
    )
    _remove_stale([*store.path.glob("scenarios-*.md"), *store.path.glob("more-*.md")], more)
    _remove_stale(store.path.glob("charts/*.svg"), charts)
    _remove_stale(store.path.glob("evidence/*.html"), evidence)
    return ReportPaths(
        results=results_path,
        html=store.write_file("report.html", _encode(pages.report_html(seen))),
        markdown=store.write_file("report.md", _encode(pages.report_markdown(seen))),
        more=more,
        charts=charts,
        evidence=evidence,
    )


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _evidence(results: Results, records: Records, store: RunStore) -> Iterator[tuple[str, str]]:
    """Names and texts of the evidence pages, one at a time."""
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
        evidence = Evidence(tuple(mine), {e.id: tuple(calls.pop(e.id, [])) for e in mine})
        back = f"scenario-{file_name(cell.scenario)}"
        shown = page(cell, scenarios[cell.scenario], variants[cell.variant], evidence, store, back)
        yield evidence_name(cell.variant, cell.scenario), pages.evidence_html(shown)


def _variants(results: Results) -> Iterator[tuple[str, str]]:
    """Names and texts of the pages of whole variants."""
    cells = cell_map(results)
    for variant in results.variants:
        yield variant_page(variant.name), pages.variant_html(variant_exchanges(results, cells, variant))


def _remove_stale(found: Iterable[Path], kept: tuple[Path, ...]) -> None:
    """Remove files of an earlier rendering that this one does not have."""
    for path in sorted(set(found) - set(kept)):
        path.unlink()
