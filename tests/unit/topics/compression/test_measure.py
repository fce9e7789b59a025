"""Tokens saved against facts kept: sums, signs, thirds, time, and what the report makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.kit.charts import Point
from lab.kit.section import Section
from lab.kit.shapes import Chart, Dot, Label
from lab.kit.tables import Fig, Table
from lab.records.manifest import PayloadInfo, ScenarioInfo
from lab.report.build import build_results
from lab.report.pages import chart_svg
from lab.results.models import Results
from lab.tokens import TokenParts
from lab.topics.compression.chart import compression_chart
from lab.topics.compression.section import section
from lab.topics.compression.table import Compression, CompressionPoint, KindRow
from tests.unit.records_builder import Call, RunBuilder, marker_of, request_of, scenario, table_of, variant
from tests.unit.sample_run import sample_run

FACTS = tuple((f"file{n}.py", f"{1000 + n}") for n in range(6))
HOSTILE = "<script>|x|</script>"


def asked(name: str, kind: str, place: str, tokens: int, turns: int = 0) -> ScenarioInfo:
    """A scenario with a payload of six facts."""
    payload = PayloadInfo(kind=kind, place=place, tokens=tokens, turns=turns)
    return scenario(name, suite="compression", facts=FACTS, payload=payload)


RESULT = asked("CP-A", "JSON", "tool result", 1000)
LONG = asked("CP-B", "JSON", "tool result", 10_000)
PASTED = asked("CP-C", "logs", "user text", 1000)
TALK = asked("CP-D", "history", "turns", 500, turns=10)
ALL = (RESULT, LONG, PASTED, TALK)


def text(kept: tuple[int, ...]) -> str:
    """A listing of the facts with these numbers."""
    return "\n".join(f"{FACTS[n][0]}: {FACTS[n][1]}" for n in kept)


def said(info: ScenarioInfo, repeat: int, kept: tuple[int, ...]) -> dict[str, Any]:
    """A request that holds the facts with these numbers."""
    body = request_of(info.id, repeat)
    return body | {"messages": [{"role": "user", "content": f"{text(kept)}\n\n(ref nonce{repeat:05d})"}]}


def exchange(
    builder: RunBuilder,
    name: str,
    info: ScenarioInfo,
    *,
    sent: int = 1000,
    forwarded: int | None = None,
    kept: tuple[int, ...] = (0, 1, 2, 3, 4, 5),
    repeat: int = 1,
    **over: Any,
) -> None:
    """An exchange that sent all six facts, of which these arrived."""
    call = Call(
        tokens=TokenParts(messages=sent if forwarded is None else forwarded), body=said(info, repeat, kept)
    )
    fields: dict[str, Any] = {
        "sent": TokenParts(messages=sent),
        "body": said(info, repeat, (0, 1, 2, 3, 4, 5)),
        "calls": [call],
    }
    builder.exchange(name, info.id, repeat, **(fields | over))


VARIANTS = (variant("direct"), variant("litellm"), variant("lynkr"))


def built(tmp_path: Path, repeats: int = 1, scenarios: tuple[ScenarioInfo, ...] = ALL) -> RunBuilder:
    """A run of these scenarios in which `direct` loses nothing."""
    builder = RunBuilder(
        tmp_path, variants=VARIANTS, scenarios=scenarios, repeats=repeats, over={"suites": ("compression",)}
    )
    for repeat in range(1, repeats + 1):
        for info in scenarios:
            exchange(builder, "direct", info, repeat=repeat, own_ms=2.0)
    return builder


def mixed(tmp_path: Path) -> Results:
    """`litellm` adds 5 %; `lynkr` cuts results and turns, and never completes the long one."""
    builder = built(tmp_path)
    for info in ALL:
        exchange(builder, "litellm", info, forwarded=1050, own_ms=12.5)
    exchange(builder, "lynkr", RESULT, sent=1000, forwarded=250, kept=(0, 1, 5), own_ms=102.0)
    failed: dict[str, Any] = {"status": "failed", "reason": f"HTTP 413: too large {HOSTILE}", "calls": []}
    exchange(builder, "lynkr", LONG, **failed)
    exchange(builder, "lynkr", PASTED, sent=3000, forwarded=3300, own_ms=52.0)
    exchange(builder, "lynkr", TALK, sent=500, forwarded=100, kept=(4,), own_ms=32.0)
    return build_results(builder.store)


def compression(results: Results) -> Compression:
    """The tables, which the run must have."""
    return table_of(results, Compression)


def point(results: Results, name: str, info: ScenarioInfo) -> CompressionPoint:
    """One point."""
    return next(p for p in compression(results).points if (p.variant, p.scenario) == (name, info.id))


def kind(results: Results, name: str, of: str, place: str) -> KindRow:
    """One row of kinds."""
    return next(r for r in compression(results).kinds if (r.variant, r.kind, r.place) == (name, of, place))


def test_a_run_without_payloads_has_no_compression(tmp_path: Path) -> None:
    """The core suite declares facts, but not of what kind and size its payloads are."""
    results = build_results(sample_run(tmp_path))
    assert results.table(Compression) is None
    assert section(results) is None


def test_a_point_has_its_saving_with_its_sign_and_its_facts(tmp_path: Path) -> None:
    """250 of 1000 tokens are a saving of 75 %, 3300 of 3000 one of -10 %; three of six facts are half."""
    results = mixed(tmp_path)
    cut, added = point(results, "lynkr", RESULT), point(results, "lynkr", PASTED)
    assert (cut.sent, cut.forwarded, cut.saved_percent) == (1000.0, 250.0, 75.0)
    assert (cut.facts, cut.kept, cut.kept_percent) == (6, 3.0, 50.0)
    assert (cut.kind, cut.place, cut.asked, cut.turns, cut.n, cut.of) == (
        "JSON",
        "tool result",
        1000,
        0,
        1,
        1,
    )
    assert (added.saved_percent, added.kept_percent, added.reason) == (-10.0, 100.0, None)
    assert point(results, "direct", TALK).turns == 10


def test_a_size_that_fails_has_a_reason_and_no_figure(tmp_path: Path) -> None:
    """A gateway that refuses 10k tokens neither saves them nor loses their facts."""
    results = mixed(tmp_path)
    failed = point(results, "lynkr", LONG)
    assert (failed.sent, failed.forwarded, failed.saved_percent, failed.kept) == (None, None, None, None)
    assert (failed.n, failed.of) == (0, 1)
    assert failed.reason is not None
    assert "HTTP 413: too large" in failed.reason


def test_kinds_sum_what_was_measured(tmp_path: Path) -> None:
    """litellm's two JSON results: 2100 for 2000 tokens, -5 %; of lynkr's one is left, 250 for 1000."""
    results = mixed(tmp_path)
    both, one = kind(results, "litellm", "JSON", "tool result"), kind(results, "lynkr", "JSON", "tool result")
    assert (both.sent, both.forwarded, both.saved_percent) == (2000.0, 2100.0, -5.0)
    assert (both.facts, both.kept, both.kept_percent) == (12, 12.0, 100.0)
    assert (both.scenarios, both.of, both.whole) == (2, 2, 2)
    assert (one.sent, one.forwarded, one.saved_percent, one.kept_percent) == (1000.0, 250.0, 75.0, 50.0)
    assert (one.scenarios, one.of, one.whole) == (1, 2, 0)


def test_totals_sum_all_kinds(tmp_path: Path) -> None:
    """lynkr: 250 + 3300 + 100 for 1000 + 3000 + 500 tokens; 3 + 6 + 1 of 18 facts; one scenario whole."""
    total = next(row for row in compression(mixed(tmp_path)).totals if row.variant == "lynkr")
    assert (total.sent, total.forwarded) == (4500.0, 3650.0)
    assert total.saved_percent == pytest.approx(850 / 4500 * 100, abs=1e-4)
    assert (total.kept, total.facts, total.scenarios, total.of, total.whole) == (10.0, 18, 3, 4, 1)
    assert total.kept_percent == pytest.approx(10 / 18 * 100, abs=1e-4)


def test_losses_are_counted_in_thirds(tmp_path: Path) -> None:
    """Of six facts two stand in each third; the result lost 2, 3 and 4, the talk all but number 4."""
    rows = {
        (row.content, row.third): row for row in compression(mixed(tmp_path)).losses if row.variant == "lynkr"
    }
    lost = {key: (row.lost, row.facts) for key, row in rows.items()}
    assert lost == {
        ("payloads", "start"): (0, 4),
        ("payloads", "middle"): (2, 4),
        ("payloads", "end"): (1, 4),
        ("histories", "start"): (2, 2),
        ("histories", "middle"): (2, 2),
        ("histories", "end"): (1, 2),
    }
    assert rows["payloads", "middle"].lost_percent == 50.0
    assert rows["payloads", "end"].lost_percent == 25.0


def test_time_is_the_median_of_paired_differences_by_size(tmp_path: Path) -> None:
    """lynkr at 1k: 100 and 50 ms over the control make 75; at 10k no pair; turns count for no size."""
    rows = {(row.variant, row.asked): row for row in compression(mixed(tmp_path)).sizes}
    assert set(rows) == {(name, size) for name in ("direct", "litellm", "lynkr") for size in (1000, 10_000)}
    assert (rows["lynkr", 1000].added_ms, rows["lynkr", 1000].pairs) == (75.0, 2)
    assert (rows["litellm", 10_000].added_ms, rows["litellm", 10_000].pairs) == (10.5, 1)
    assert rows["lynkr", 10_000].added_ms is None
    assert "first attempt" in (rows["lynkr", 10_000].reason or "")
    assert "control" in (rows["direct", 1000].reason or "")


def test_time_says_how_much_of_it_are_embeddings(tmp_path: Path) -> None:
    """The median of the same exchanges: 1 ms in lynkr's, none in litellm's; shown where there is any."""
    builder = built(tmp_path, scenarios=(RESULT,))
    exchange(builder, "litellm", RESULT, own_ms=12.5)
    embedding = Call(kind="embedding", wire="embeddings", path="/api/embeddings")
    call = Call(tokens=TokenParts(messages=1000), body=said(RESULT, 1, (0, 1, 2, 3, 4, 5)))
    exchange(builder, "lynkr", RESULT, calls=[embedding, call], own_ms=102.0)
    results = build_results(builder.store)
    rows = {row.variant: row for row in compression(results).sizes}
    assert [rows[name].embedding_ms for name in ("direct", "litellm", "lynkr")] == [None, 0.0, 1.0]
    sizes = table(shown(results), "compression-sizes")
    assert row(sizes, "lynkr")[0].words == "+100 (1 pair, embeddings 1.00 ms)"
    assert row(sizes, "litellm")[0].words == "+10.5 (1 pair)"
    assert "embeddings" in sizes.caption
    assert "embeddings" not in table(shown(mixed(tmp_path / "none")), "compression-sizes").caption


def test_repeats_are_means_and_a_failed_one_is_said(tmp_path: Path) -> None:
    """Two of three repeats: 400 and 600 of 1000 tokens save 50 %, six and three facts are 4.5 of 6."""
    builder = built(tmp_path, repeats=3, scenarios=(RESULT,))
    exchange(builder, "lynkr", RESULT, forwarded=400)
    exchange(builder, "lynkr", RESULT, forwarded=600, kept=(0, 2, 4), repeat=2)
    exchange(builder, "lynkr", RESULT, repeat=3, status="failed", reason="HTTP 500: out of memory", calls=[])
    found = point(build_results(builder.store), "lynkr", RESULT)
    assert (found.n, found.of, found.forwarded, found.saved_percent) == (2, 3, 500.0, 50.0)
    assert (found.kept, found.kept_percent) == (4.5, 75.0)
    assert found.reason == "1 of 3 exchanges: HTTP 500: out of memory"


def test_an_answer_from_a_cache_saves_nothing_here(tmp_path: Path) -> None:
    """Nothing was forwarded because nobody was asked: that is no compression, and no loss."""
    builder = built(tmp_path, repeats=2, scenarios=(RESULT,))
    exchange(builder, "lynkr", RESULT, forwarded=900)
    exchange(builder, "lynkr", RESULT, repeat=2, calls=[], marker=marker_of(f"r1-{RESULT.id}-lynkr"))
    results = build_results(builder.store)
    found = point(results, "lynkr", RESULT)
    assert (found.n, found.of, found.saved_percent, found.kept) == (1, 2, 10.0, 6.0)
    assert "came from a cache" in (found.reason or "")
    assert sum(row.facts for row in compression(results).losses if row.variant == "lynkr") == 6


def test_a_variant_that_never_ran_has_reasons_everywhere(tmp_path: Path) -> None:
    """No figure without a reason: points, kinds, totals, losses and sizes."""
    builder = built(tmp_path, scenarios=(RESULT,))
    exchange(builder, "litellm", RESULT)
    found = compression(build_results(builder.store))
    rows: list[Any] = [*found.points, *found.kinds, *found.totals, *found.losses, *found.sizes]
    mine = [row for row in rows if row.variant == "lynkr"]
    assert len(mine) == 1 + 1 + 1 + 6 + 1
    assert all(row.reason for row in mine)


def shown(results: Results) -> Section:
    """The section, which the run must have."""
    found = section(results)
    assert found is not None
    return found


def table(found: Section, name: str) -> Table:
    """One of its tables."""
    return next(part.table for part in found.parts if part.table is not None and part.table.id == name)


def row(of: Table, head: str) -> tuple[Fig, ...]:
    """The figures of one row."""
    return next(row.cells for row in of.rows if row.head.text == head)


def test_the_section_says_how_facts_are_found(tmp_path: Path) -> None:
    """What counts as kept in another notation, and what does not."""
    lead = " ".join(shown(mixed(tmp_path)).text)
    for word in ("JSON", "CSV", "TOON", "YAML", "alias", "another row", "digits", "cache"):
        assert word in lead


def test_the_section_shows_the_figures_with_their_sign_and_evidence(tmp_path: Path) -> None:
    """Every scenario leads to its evidence; facts that are lost are marked without colour too."""
    found = shown(mixed(tmp_path))
    cells = row(table(found, "compression-scenarios"), RESULT.id)
    assert [fig.href for fig in cells] == [
        f"evidence.html#{name}--{RESULT.id}" for name in ("direct", "litellm", "lynkr")
    ]
    assert cells[2].words == "\N{BALLOT X} 50% (\u25bc \u221275.0% tokens)"
    assert cells[1].words == "\N{CHECK MARK} 100% (\u25b2 +5.0% tokens)"
    total = row(table(found, "compression-totals"), "lynkr")
    assert [fig.words for fig in total] == [
        "4,500",
        "3,650",
        "\u25bc \u221218.9%",
        "\N{BALLOT X} 55.6% (10 of 18)",
        "1 of 3",
        "3 of 4",
    ]
    losses = row(table(found, "compression-losses"), "lynkr")
    assert losses[1].words == "\N{BALLOT X} 50% lost (2 of 4)"
    assert losses[0].words == "\N{CHECK MARK} 0% lost (0 of 4)"
    assert row(table(found, "compression-sizes"), "lynkr")[0].words == "+75.0 (2 pairs)"


def test_what_failed_stands_in_the_table_with_its_reason(tmp_path: Path) -> None:
    """No figure, a number, and the sentence; in the row of kinds the rest is summed."""
    found = shown(mixed(tmp_path))
    scenarios = table(found, "compression-scenarios")
    fig = row(scenarios, LONG.id)[2]
    assert (fig.text, fig.tone) == ("no figure", "missing")
    assert "HTTP 413: too large" in scenarios.notes[fig.ref - 1]
    assert row(table(found, "compression-kinds"), "JSON")[2].words.startswith("\N{BALLOT X} 50%")


def test_a_run_in_which_nothing_was_measured_shows_no_empty_tables(tmp_path: Path) -> None:
    """Where no variant could be asked, as on a wire that nothing is translated to, there is no section."""
    builder = RunBuilder(tmp_path, variants=VARIANTS, scenarios=ALL, repeats=1)
    results = build_results(builder.store)
    assert len(compression(results).points) == len(VARIANTS) * len(ALL)
    assert section(results) is None


def test_no_figure_is_empty_and_every_missing_one_has_a_note(tmp_path: Path) -> None:
    """In all tables of the section, with a variant that never ran too."""
    builder = built(tmp_path, scenarios=(RESULT, TALK))
    parts = [part for part in shown(build_results(builder.store)).parts if part.table is not None]
    assert len(parts) > 1
    for part in parts:
        assert part.table is not None
        assert part.table.rows
        for line in part.table.rows:
            figs = (line.span,) if line.span is not None else line.cells
            assert figs
            for fig in figs:
                assert fig is not None
                assert fig.text
                if fig.tone == "missing" and line.span is None:
                    assert 1 <= fig.ref <= len(part.table.notes)


def test_the_chart_has_a_panel_a_variant_and_names_what_it_shows(tmp_path: Path) -> None:
    """lynkr's panel has JSON at 75 % and half the facts; it fits a phone's 340 units."""
    blocks = shown(mixed(tmp_path)).parts[0].blocks
    chart = next((block for block in blocks if isinstance(block, Chart)), None)
    assert chart is not None
    assert [panel.title for panel in chart.panels] == ["direct", "litellm", "lynkr"]
    lynkr = chart.panels[2]
    assert "JSON +75.0% tokens saved, 50% of facts kept" in lynkr.summary
    assert "logs pasted \u221210.0% tokens saved, 100% of facts kept" in lynkr.summary
    for panel in chart.panels:
        assert panel.width == 340
        for shape in panel.shapes:
            if isinstance(shape, Label):
                width = 6.1 * len(shape.text) if shape.css == "t" else 0
                left = {"start": shape.x, "end": shape.x - width, "middle": shape.x}[shape.anchor]
                assert -1 <= left <= left + width <= 341, shape
    svg = chart_svg(chart)
    assert "JSON" in svg


POINTS = [
    Point("JSON", 99, 0),
    Point("logs", 97, 58),
    Point("code", 65, 51),
    Point("diffs", 44, 92),
    Point("CSV", 31, 73),
    Point("search output", 28, 92),
    Point("prose", -4, 100),
    Point("turns", 80, 14),
    Point("turns with tool calls", 81, 15),
    *(Point(name, -2, 100, pasted=True) for name in ("JSON", "logs", "code", "CSV")),
]


def labels(points: list[Point]) -> list[Label]:
    """The names in a panel with these points."""
    panel = compression_chart([("x", points)]).panels[0]
    return [shape for shape in panel.shapes if isinstance(shape, Label) and shape.css == "t"]


def test_names_in_a_panel_do_not_lie_on_each_other() -> None:
    """As many kinds as the suite has, some of them at almost the same place."""
    boxes = []
    for label in labels(POINTS):
        width = 6.1 * len(label.text)
        left = label.x if label.anchor == "start" else label.x - width
        boxes.append((left, left + width, label.y))
    assert len(boxes) >= 8
    for n, (left, right, y) in enumerate(boxes):
        for other_left, other_right, other_y in boxes[n + 1 :]:
            assert left >= other_right or other_left >= right or abs(y - other_y) >= 11


def test_every_point_is_marked_and_losses_have_another_shape() -> None:
    """Diamonds for what lost facts, circles for the rest, open ones for what was pasted."""
    panel = compression_chart([("x", POINTS)]).panels[0]
    dots = [shape for shape in panel.shapes if isinstance(shape, Dot)]
    assert len(dots) == len(POINTS)
    assert {(dot.css, dot.shape) for dot in dots} == {
        ("lost", "diamond"),
        ("same", "circle"),
        ("sent", "circle"),
    }
    assert sum(dot.css == "lost" for dot in dots) == sum(p.kept < 100 for p in POINTS)


def test_more_saved_is_farther_right_and_more_kept_is_higher() -> None:
    """Saving without loss is the upper right; what was added lies left of zero."""
    corner, low, added = (
        next(s for s in compression_chart([("x", [p])]).panels[0].shapes if isinstance(s, Dot))
        for p in (Point("a", 90, 100), Point("a", 90, 10), Point("a", -20, 100))
    )
    assert corner.x == low.x > added.x
    assert corner.y == added.y < low.y


def test_points_at_one_place_share_a_name() -> None:
    """All at one place are named together, some by the first two and a count."""
    same = [Point(name, 0, 100) for name in ("JSON", "logs", "code", "CSV")]
    assert [label.text for label in labels(same)] == ["all content"]
    assert {label.text for label in labels([*same, Point("prose", 50, 50)])} == {"JSON, logs +2", "prose"}
    pasted = [replace(point, pasted=True) for point in same]
    assert {label.text for label in labels([*pasted, Point("prose", 50, 50)])} == {
        "4 kinds, pasted",
        "prose",
    }


def test_a_scale_shows_what_was_added_and_ends_at_twice_the_tokens() -> None:
    """Beyond -100 % a mark stays at the edge; the words have the true figure."""
    chart = compression_chart([("x", [Point("JSON", -340, 100)])])
    dot = next(shape for shape in chart.panels[0].shapes if isinstance(shape, Dot))
    assert dot.x == 40.0
    assert "\u2212340%" in chart.panels[0].summary
