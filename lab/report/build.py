"""Builds results.json from a run's records alone: the same records give the same results, in any order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import create_model

from lab.checks import check_infos
from lab.errors import RecordsError
from lab.exchange.others import Others
from lab.exchange.provenance import Origins
from lab.exchange.view import Bodies, ExchangeView
from lab.figures.cells import build_cell, timing
from lab.figures.cost import Prices
from lab.figures.grid import Grid, Key, comparison_of
from lab.figures.legality import with_legality
from lab.figures.monthly import extrapolation_of
from lab.figures.observation import Observation, observe
from lab.figures.spread import spread_of
from lab.figures.sums import class_rows
from lab.figures.totals import totals_of
from lab.figures.trust import trust_notes
from lab.figures.wrong_answers import wrong_answers_of
from lab.records.bodystore import RESTORE
from lab.records.manifest import Manifest, RunFrame, ScenarioFrame, ScenarioInfo, VariantInfo, VariantStatus
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.records.store import EXCHANGES, UPSTREAM, Records, RunStore
from lab.results.cell import Cell
from lab.results.models import BackgroundRow, Results, RunInfo, ScenarioRow, VariantRow
from lab.topics import TOPICS
from lab.topics.topic import Topic

Observed = dict[Key, list[Observation]]


@cache
def results_model(topics: tuple[Topic, ...] = TOPICS) -> type[Results]:
    """The model of results.json with a table per topic, each None if the run has nothing to show for it."""
    fields: dict[str, Any] = {topic.name: (topic.table | None, None) for topic in topics}
    title = "results.json: every table of a report."
    return create_model("Results", __base__=Results, __doc__=title, **fields)


def build_results(
    store: RunStore, records: Records | None = None, topics: tuple[Topic, ...] = TOPICS
) -> Results:
    """All tables of a run, from its store unless `records` are given; RecordsError for damaged ones."""
    manifest = store.manifest()
    records = records or store.records()
    _require_whole(store.path, manifest, records)
    calls, background = _upstream(records.upstream)
    upstream_calls = sum(map(len, calls.values())) + sum(row.count for row in background)
    manifest = with_legality(manifest, records.exchanges, calls)
    observed = _observe(store, records.exchanges, manifest, calls)
    grid = _grid(manifest, observed)
    extrapolation = extrapolation_of(grid)
    spread = spread_of(grid)
    totals = totals_of(grid, extrapolation, spread)
    comparison = comparison_of(grid)
    return results_model(topics)(
        run=_run_info(manifest, sum(map(len, observed.values())), upstream_calls),
        variants=tuple(_variant(manifest, status, grid) for status in manifest.variants),
        scenarios=tuple(_scenario(info, info.id in comparison.scenarios) for info in manifest.scenarios),
        checks=check_infos(),
        cells=tuple(grid.cells.values()),
        classes=class_rows(grid, spread),
        comparison=comparison,
        totals=totals,
        extrapolation=extrapolation,
        background=background,
        trust=trust_notes(grid, totals),
        wrong_answers=wrong_answers_of(grid),
        **{topic.name: topic.measure(grid) for topic in topics},
    )


def _require_whole(path: Path, manifest: Manifest, records: Records) -> None:
    """Raise RecordsError if the run's folder `path` holds other records than it had when it ended.

    Files that were cut off or lost must not become a smaller report.
    """
    _require(path / EXCHANGES, "exchanges", manifest.exchanges, len(records.exchanges))
    found = Counter(call.exchange for call in records.upstream)
    _require(path / UPSTREAM, "calls outside any exchange", manifest.background_calls, found[None])
    for record in records.exchanges:
        what = f"calls of exchange {record.id}"
        _require(path / UPSTREAM, what, record.upstream_calls, found[record.id])


def _require(path: Path, what: str, expected: int | None, found: int) -> None:
    if expected is not None and expected != found:
        raise RecordsError(
            f"{path}: {found:,} {what} are there, but {expected:,} were recorded", next_step=RESTORE
        )


def _upstream(
    upstream: Iterable[UpstreamRecord],
) -> tuple[dict[str, list[UpstreamRecord]], tuple[BackgroundRow, ...]]:
    """Upstream calls by exchange, and the background ones counted."""
    calls: dict[str, list[UpstreamRecord]] = defaultdict(list)
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for call in upstream:
        if call.exchange is not None:
            calls[call.exchange].append(call)
            continue
        count = counts[call.caller, call.kind, call.path]
        count[0] += 1
        count[1] += call.tokens.total
    return calls, tuple(
        BackgroundRow(caller=caller, kind=kind, path=path, count=count, tokens=tokens)
        for (caller, kind, path), (count, tokens) in sorted(counts.items())
    )


def _observe(
    store: RunStore,
    exchanges: tuple[ExchangeRecord, ...],
    manifest: Manifest,
    calls: dict[str, list[UpstreamRecord]],
) -> Observed:
    """Every exchange as an observation."""
    prices, view_of = Prices.of(manifest), _views(store, exchanges, manifest, calls)
    observed: Observed = defaultdict(list)
    for record in exchanges:
        observed[record.variant, record.suite, record.scenario].append(observe(view_of(record), prices))
    return observed


def _views(
    store: RunStore,
    exchanges: tuple[ExchangeRecord, ...],
    manifest: Manifest,
    calls: dict[str, list[UpstreamRecord]],
) -> Callable[[ExchangeRecord], ExchangeView]:
    """How an exchange is seen beside its calls, its scenario and variant, and what its answer stems from."""
    bodies = Bodies(store.body)
    origins = Origins(exchanges, manifest.scenarios, calls, store.body)
    others = Others(exchanges, manifest.scenarios)
    records = {record.id: record for record in exchanges}
    variants = {status.name: status for status in manifest.variants}
    scenarios = {(info.suite, info.id): info for info in manifest.scenarios}

    def view_of(record: ExchangeRecord, *, with_source: bool = True) -> ExchangeView:
        variant = variants.get(record.variant)
        scenario = scenarios.get((record.suite, record.scenario))
        if variant is None or scenario is None:
            raise RecordsError(
                f"{store.path}: exchange {record.id} is not in the manifest: "
                f"variant {record.variant}, scenario {record.scenario} of suite {record.suite}",
                next_step="these records are another run's: restore the folder, or run the lab again",
            )
        upstream = tuple(sorted(calls.get(record.id, ()), key=lambda call: (call.received_at, call.n)))
        origin = origins.of(record, [call for call in upstream if call.kind == "chat"])
        cached = with_source and origin is not None and origin.kind == "cache"
        first = records.get(origin.source or "") if cached and origin else None
        source = view_of(first, with_source=False) if first else None
        return ExchangeView(record, upstream, scenario, variant, origin, bodies, source, others)

    return view_of


def _grid(manifest: Manifest, observed: Observed) -> Grid:
    control_name = next((status.name for status in manifest.variants if status.kind == "control"), "")
    cells: dict[Key, Cell] = {}
    times = {}
    ordered = {}
    for status, info in product(manifest.variants, manifest.scenarios):
        key = (status.name, info.suite, info.id)
        control = {one.repeat: one for one in observed.get((control_name, info.suite, info.id), ())}
        seen = sorted(observed.get(key, ()), key=lambda one: (one.repeat, one.id))
        cells[key] = build_cell(manifest, status, info, seen, control)
        times[key] = [timing(one, control, status) for one in seen]
        ordered[key] = seen
    return Grid(manifest, cells, times, ordered)


def _run_info(manifest: Manifest, exchanges: int, upstream_calls: int) -> RunInfo:
    own = {"id": manifest.run, "exchanges": exchanges, "upstream_calls": upstream_calls}
    return RunInfo.model_validate(manifest.model_dump(include=set(RunFrame.model_fields)) | own)


def _variant(manifest: Manifest, status: VariantStatus, grid: Grid) -> VariantRow:
    """A variant as a whole: measured if any of its cells is, else what most of its cells are."""
    cells = [grid.cell(status.name, info) for info in manifest.scenarios]
    asked = [cell for cell in cells if cell.status != "unsupported"] or cells
    first = next((cell for cell in asked if cell.status == "measured"), asked[0] if asked else None)
    own = {
        "status": first.status if first else "not_run",
        "reason": status.reason or (first.reason if first else "the run has no scenario"),
        "baseline": status.name == manifest.baseline,
    }
    return VariantRow.model_validate(status.model_dump(include=set(VariantInfo.model_fields)) | own)


def _scenario(info: ScenarioInfo, compared: bool) -> ScenarioRow:
    own = {"facts_total": len(info.facts), "compared": compared}
    return ScenarioRow.model_validate(info.model_dump(include=set(ScenarioFrame.model_fields)) | own)
