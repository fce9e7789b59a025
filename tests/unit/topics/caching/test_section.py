"""The report's section on answer caches: wrong answers first, then verdicts, kinds, costs and the sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.kit.section import Section
from lab.kit.shapes import Chart, Dot
from lab.kit.tables import Row, Table
from lab.report.alert import alert
from lab.report.build import build_results
from lab.report.markdown import table as markdown_table
from lab.topics.caching.section import section
from tests.unit.caching_run import SCENARIOS, VARIANTS, Cache
from tests.unit.records_builder import HOSTILE, RunBuilder


def asked(cache: Cache, who: str = "lynkr") -> Cache:
    """A cache that hits what it must, one opposite question, and another user's."""
    for name in ("again", "words", "far", "not", "user", "sky"):
        cache.fresh(name, who)
    cache.hit("again-2", of="again", who=who, claim="HIT")
    cache.hit("words-2", of="words", who=who)
    cache.hit("not-2", of="not", who=who)
    cache.hit("user-2", of="user", who=who)
    cache.fresh("far-2", who)
    cache.fresh("sky-2", who)
    return cache


def shown(cache: Cache) -> Section:
    """The section of a run."""
    made = section(build_results(cache.builder.store))
    assert made is not None
    return made


def part(made: Section, title: str) -> Section:
    """The part under this heading."""
    return next(one for one in made.parts if one.title == title)


def table(made: Section, title: str) -> Table:
    """The table under this heading."""
    found = part(made, title).table
    assert found is not None
    return found


def words(row: Row) -> list[str]:
    """A row as plain text."""
    return [row.head.words, *(fig.words for fig in row.cells)]


@pytest.fixture
def made(tmp_path: Path) -> Section:
    """The section on a cache by meaning and a control."""
    cache = asked(Cache(tmp_path))
    for info in SCENARIOS:
        cache.fresh(info.id, "direct")
    return shown(cache)


def test_a_run_without_caches_has_no_section(tmp_path: Path) -> None:
    """Nothing to show is nothing shown."""
    builder = RunBuilder(tmp_path)
    builder.exchange("direct", "S1")
    assert section(build_results(builder.store)) is None


def test_wrong_answers_come_first_each_with_whose_answer_it_was(made: Section) -> None:
    """A row says who was asked what, of which kind, how often, and leads to both exchanges."""
    assert made.parts[0].title == "Wrong answers served"
    rows = table(made, "Wrong answers served").rows
    assert [words(row) for row in rows] == [
        [
            "lynkr: Probe not (not-2)",
            "Opposite (another question)",
            "✗ 1 of 1",
            "that of: First not (exchange r1-not-lynkr)",
            "0.980",
        ],
        [
            "lynkr: Probe user (user-2)",
            "Another user (another metadata.user_id)",
            "✗ 1 of 1",
            "that of: First user (exchange r1-user-lynkr)",
            "1.000",
        ],
    ]
    assert rows[0].head.href == "evidence.html#lynkr--not-2"
    assert rows[0].cells[2].href == "evidence.html#lynkr--not"


def test_no_wrong_answer_is_said_with_how_many_were_judged(tmp_path: Path) -> None:
    """None of nothing would say nothing."""
    cache = Cache(tmp_path)
    cache.fresh("again")
    cache.hit("again-2", of="again")
    text = part(shown(cache), "Wrong answers served").text
    assert text == ("None. 2 answers were judged by where they come from.",)


def test_the_verdicts_count_wrong_answers_of_probes_and_due_hits(made: Section) -> None:
    """Two of two probes that must miss were answered wrongly, and both hits that were due were given."""
    found = table(made, "What each cache did")
    assert [column.unit for column in found.columns if column.title == "Wrong answers"] == [
        "from another conversation",
        "to another question",
        "shared across user ids",
    ]
    rows = {row.head.text: words(row)[1:] for row in found.rows}
    wrong = ["✓ 0 of 12", "✗ 1 of 1", "✗ 1 of 1"]
    assert rows["lynkr"] == ["semantic (from 0.95 alike)", *wrong, "2 of 2", "1 of 3", "0"]
    assert rows["direct"] == ["none", "✓ 0 of 12", "✓ 0 of 1", "✓ 0 of 1", "none due", "none due", "0"]


def test_a_probe_that_a_system_cannot_be_asked_says_why(tmp_path: Path) -> None:
    """A system that takes one key alone is neither right nor wrong about other clients."""
    other = [
        info.model_copy(update={"other_client": True}) if info.id == "user-2" else info for info in SCENARIOS
    ]
    one_key = [status.model_copy(update={"one_client": ("anthropic",)}) for status in VARIANTS]
    cache = Cache(tmp_path)
    cache.builder = RunBuilder(tmp_path / "one", variants=one_key, scenarios=other)
    for info in other:
        if info.id != "user-2":
            cache.fresh(info.id)
    made = shown(cache)
    (row,) = [row for row in table(made, "What each cache did").rows if row.head.text == "lynkr"]
    assert row.cells[3].text == "unsupported"
    assert any("accepts only one" in note for note in table(made, "What each cache did").notes)


def test_it_is_said_whose_embeddings_decided_and_what_hangs_on_them(tmp_path: Path) -> None:
    """A wrong answer that lies within 0.01 of the threshold is flagged wherever it is shown."""
    near = [
        info.model_copy(update={"similarity": 0.96}) if info.id == "not-2" else info for info in SCENARIOS
    ]
    cache = Cache(tmp_path)
    cache.builder = RunBuilder(tmp_path / "near", variants=VARIANTS, scenarios=near)
    made = shown(asked(cache))
    said = (
        "lynkr compares questions by embeddings: it asked for nomic-embed-text and got those of "
        "all-MiniLM-L6-v2, computed at the meter. 1 wrong answer depends on that model, as the two questions "
        "are within 0.01 of the threshold."
    )
    assert said in part(made, "How alike is alike enough").text
    found = alert(build_results(cache.builder.store))
    assert found is not None
    assert found.text.endswith(said)
    near_by = "within 0.01 of the threshold"
    assert table(made, "Wrong answers served").rows[0].cells[3].note == near_by
    pairs = {row.head.text: row.cells[2].note for row in table(made, "Every pair of the sweep").rows}
    assert [name for name, note in pairs.items() if note] == ["Probe not"]
    kinds = {row.head.text: row.cells[2].note for row in table(made, "By kind of question").rows}
    assert kinds["Opposite"] == f"1 {near_by}"
    assert kinds["Another user"] == ""


def test_a_variant_without_answers_says_why_in_one_sentence(made: Section) -> None:
    """LiteLLM was not asked in this run."""
    row = next(row for row in table(made, "What each cache did").rows if row.head.text == "litellm")
    assert row.span is not None
    assert row.span.words == "not run (no exchange was recorded)"


def test_kinds_stand_beside_variants_with_their_evidence(made: Section) -> None:
    """What must hit counts hits, what must miss counts wrong answers."""
    found = table(made, "By kind of question")
    cells = {row.head.text: row.cells for row in found.rows}
    assert [column.title for column in found.columns] == ["Kind", "direct", "litellm", "lynkr"]
    assert cells["Again"][2].words == "1 of 1 hit"
    assert cells["Other words"][2].words == "1 of 2 hit (1 of 1 due)"
    assert cells["Opposite"][2].words == "✗ 1 of 1 wrong"
    assert cells["First"][2].words == "✓ 0 of 6 wrong"
    assert cells["Sweep"][2].words == "0 of 1 hit"
    assert cells["Again"][0].words == "0 of 1 hit (no such cache)"
    assert cells["Again"][1].words == "not run"
    assert cells["Opposite"][2].href == "evidence.html#lynkr--not-2"


def test_hits_stand_over_fresh_answers(made: Section) -> None:
    """Calls, tokens claimed, cost and latency, and the control's latency in the caption."""
    found = table(made, "What answers from a cache cost")
    rows = [words(row) for row in found.rows if row.head.text == "lynkr"]
    assert rows == [
        ["lynkr (from the cache)", "4", "0", "2", "! 30", "0.000000", "4.00"],
        ["lynkr (fresh)", "8", "1", "0", "100", "0.000600", "20.0"],
    ]
    assert "The control: 1.00 ms, n = 12." in found.caption


def test_claims_stand_beside_what_is_proven(made: Section) -> None:
    """One of four hits was claimed."""
    (row,) = table(made, "Hits claimed and hits proven").rows
    assert words(row) == ["lynkr", "1 of 12", "! 1 of 4", "✓ 0 of 8", "HIT"]


def test_the_sweep_says_where_the_threshold_lies_and_draws_every_pair(made: Section) -> None:
    """Four pairs: two missed, one hit rightly, one hit wrongly."""
    sweep = part(made, "How alike is alike enough")
    text, _ = sweep.text
    assert text == (
        "lynkr: all pairs up to 0.940 missed, and all from 0.970 hit, whatever they mean; so its threshold "
        "lies between the two. It states 0.95."
    )
    (chart,) = [block for block in sweep.blocks if isinstance(block, Chart)]
    (panel,) = chart.panels
    dots = [shape for shape in panel.shapes if isinstance(shape, Dot)]
    assert sorted((dot.css, dot.shape) for dot in dots) == [
        ("bar", "circle"),
        ("lost", "diamond"),
        ("sent", "circle"),
        ("sent", "circle"),
    ]
    assert max(dots, key=lambda dot: dot.x).css == "lost"
    pairs = table(made, "Every pair of the sweep")
    assert [words(row)[1:] for row in pairs.rows] == [
        ["0.800", "the same", "missed"],
        ["0.940", "the same", "missed"],
        ["0.970", "the same", "✓ 1 of 1 hit"],
        ["0.980", "something else", "✗ 1 of 1 hit"],
    ]


def test_hits_and_misses_that_overlap_are_no_threshold(tmp_path: Path) -> None:
    """A pair at 0.80 hits where one at 0.94 misses."""
    cache = Cache(tmp_path)
    for name in ("far", "sky"):
        cache.fresh(name)
    cache.hit("far-2", of="far")
    cache.fresh("sky-2")
    text, _ = part(shown(cache), "How alike is alike enough").text
    assert text == (
        "lynkr: pairs hit from 0.800 on, and others missed up to 0.940; so it goes by more than how alike "
        "the words are. It states 0.95."
    )


def test_a_cache_that_hits_none_or_all_of_the_pairs_says_so(tmp_path: Path) -> None:
    """Then the threshold lies beyond them."""
    none = Cache(tmp_path / "none")
    none.fresh("far")
    none.fresh("far-2")
    assert part(shown(none), "How alike is alike enough").text == (
        "lynkr: no pair hit, the most alike of them at 0.800. It states 0.95.",
    )
    every = Cache(tmp_path / "all")
    every.fresh("far")
    every.hit("far-2", of="far")
    assert part(shown(every), "How alike is alike enough").text[0] == (
        "lynkr: every pair hit, the least alike of them at 0.800. It states 0.95."
    )


def test_texts_of_a_run_are_shown_in_one_line_and_escaped(tmp_path: Path) -> None:
    """Titles and statements come from files and gateways."""
    scenarios = [info.model_copy(update={"title": HOSTILE, "looks_at": HOSTILE}) for info in SCENARIOS]
    cache = Cache(tmp_path)
    cache.builder = RunBuilder(tmp_path / "hostile", variants=VARIANTS, scenarios=scenarios)
    asked(cache)
    cache.hit("sky", of="again", who="litellm", claim=HOSTILE)
    tables = [one.table for one in shown(cache).parts if one.table is not None]
    assert len(tables) > 2
    for table in tables:
        text = markdown_table(table)
        assert "<script" not in text
        assert "\x1b" not in text
