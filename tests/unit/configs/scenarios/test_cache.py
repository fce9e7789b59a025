"""The suite `cache`: its pairs say what they claim to say, and no two sequences are about the same."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest

from lab.config.scenarios import Scenario, Suite
from lab.errors import InstallError
from lab.loading.similarity import last_text, probes, similarities
from lab.loading.suites import load_suite
from lab.meter import minilm
from lab.meter.minilm import MiniLM
from lab.names import ClientWire
from lab.scenarios.request import build_request, unsupported_on
from tests.paths import ROOT

PATH = ROOT / "configs" / "scenarios" / "cache.yaml"
MOST_ALIKE = 0.6
# What the probe of each kind changes of its first question; everything else is the same.
DECLARED = {
    "The same request again": set(),
    "The same streamed request again": set(),
    "The same request, then over a stream": {"stream"},
    "The same request with tools again": set(),
    "The same question in other words": {"last text"},
    "Another question on the same topic": {"last text"},
    "The opposite question": {"last text"},
    "Another number": {"last text"},
    "Another name": {"last text"},
    "Another unit": {"last text"},
    "Other history, same last question": {"history"},
    "Other system prompt, same question": {"system"},
    "Other system prompt in blocks, same question": {"system"},
    "Other tool result, same question": {"tool result"},
    "Other document, same instruction": {"last text"},
    "Other temperature, same question": {"temperature"},
    "Other max_tokens, same question": {"max_tokens"},
    "Other tools offered, same question": {"tools"},
    "Another user, same question": {"metadata"},
    "Another client's key, same question": {"client key"},
    "Sweep: the same meaning": {"last text"},
    "Sweep: another meaning": {"last text"},
}


# Of what class such a difference is, where a cache must miss.
CLASSES = {
    "last text": "question",
    "history": "context",
    "system": "context",
    "tool result": "context",
    "tools": "context",
    "metadata": "user",
    "client key": "user",
    "temperature": "settings",
    "max_tokens": "settings",
}


@pytest.fixture(scope="module")
def suite() -> Suite:
    """The suite as the lab loads it."""
    return load_suite(PATH)


@pytest.fixture(scope="module")
def model() -> MiniLM:
    """The embedder, loaded once; tests skip where its weights are not installed."""
    try:
        return MiniLM()
    except InstallError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="module")
def alike(suite: Suite, model: MiniLM) -> dict[str, float]:
    """How alike the two questions of every sequence are, by the probe's id."""
    assert model
    return similarities([suite])


def parts(scenario: Scenario) -> dict[str, Any]:
    """A request taken apart: last user text, tool results, the rest of its history, and each field."""
    body = build_request(scenario, "model", "")
    results: list[tuple[str, Any]] = []
    history: list[tuple[str, Any]] = []
    for message in body.pop("messages"):
        blocks = message["content"]
        blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
        for block in blocks:
            (results if block["type"] == "tool_result" else history).append((message["role"], block))
    if history and history[-1] == ("user", {"type": "text", "text": last_text(scenario)}):
        history.pop()
    taken = {"last text": last_text(scenario), "tool result": results, "history": history}
    return body | taken | {"client key": scenario.client_key}


def test_every_sequence_is_a_first_question_that_must_miss_and_one_probe(suite: Suite) -> None:
    """Sixty-six pairs, so that a probe's hit can be nobody's but its first question's."""
    pairs = list(probes(suite.scenarios))
    assert len(suite.scenarios) == 2 * len(pairs) == 132
    assert {first.cache_expect for first, _ in pairs} == {"must_miss"}
    assert {first.looks_at for first, _ in pairs} == {"A question asked for the first time"}


def test_every_kind_has_at_least_two_sequences(suite: Suite) -> None:
    """One pair says little of a kind."""
    counts = Counter(probe.looks_at for _, probe in probes(suite.scenarios))
    assert set(counts) == set(DECLARED)
    assert min(counts.values()) >= 2


def test_every_probe_differs_from_its_first_question_in_what_its_kind_says_alone(suite: Suite) -> None:
    """Word for word the same, and in the same order, but for the one thing that is probed."""
    pairs = list(probes(suite.scenarios))
    assert len(pairs) > 50
    for first, probe in pairs:
        one, other = parts(first), parts(probe)
        changed = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
        assert changed == DECLARED[probe.looks_at], probe.id


def test_what_must_miss_says_truly_in_what_it_differs(suite: Suite) -> None:
    """The alert tells wrong answers apart by that; a document before the same instruction is context."""
    pairs = list(probes(suite.scenarios))
    assert len(pairs) > 50
    for first, probe in pairs:
        if probe.cache_expect != "must_miss":
            assert probe.cache_differs is None, probe.id
            continue
        (changed,) = DECLARED[probe.looks_at]
        document = probe.looks_at.startswith("Other document")
        assert probe.cache_differs == ("context" if document else CLASSES[changed]), probe.id
        if probe.cache_differs == "user":
            assert probe.answer is not None
            assert probe.answer != first.answer, probe.id
        assert first.cache_differs is None


def test_repeats_are_sent_as_their_kind_says(suite: Suite) -> None:
    """Over a stream, with tools, or with neither."""
    pairs = {p.looks_at: (f, p) for f, p in probes(suite.scenarios) if p.class_ == "cache_repeats"}
    streamed = {kind: (first.stream, probe.stream) for kind, (first, probe) in pairs.items()}
    assert streamed == {
        "The same request again": (False, False),
        "The same streamed request again": (True, True),
        "The same request, then over a stream": (False, True),
        "The same request with tools again": (False, False),
    }
    with_tools = {p.looks_at for _, p in probes(suite.scenarios) if p.class_ == "cache_repeats" and p.tools}
    assert with_tools == {"The same request with tools again"}


@pytest.mark.parametrize("wire", ["anthropic", "openai"])
def test_no_two_different_conversations_are_the_same_request(suite: Suite, wire: ClientWire) -> None:
    """Where two requests are equal a hit is due; everywhere else a cache would be blamed for nothing."""
    asked: dict[tuple[str, str], list[Scenario]] = {}
    for scenario in suite.scenarios:
        if unsupported_on(scenario, wire):
            continue
        body = build_request(scenario, "model", "", wire)
        for delivery in ("stream", "stream_options"):
            body.pop(delivery, None)
        asked.setdefault((repr(body), scenario.client_key), []).append(scenario)
    assert len(asked) > 100
    assert any(len(same) > 1 for same in asked.values())
    for same in asked.values():
        if len(same) > 1:
            assert len({scenario.sequence for scenario in same}) == 1
            assert [scenario.cache_expect for scenario in same] == ["must_miss", "must_hit"]
            assert same[1].cache_needs == "exact"


def test_pairs_that_differ_in_words_need_a_cache_by_meaning(suite: Suite) -> None:
    """They make the sweep; a document before the same instruction is no pair of questions."""
    pairs = list(probes(suite.scenarios))
    assert len(pairs) > 50
    for _, probe in pairs:
        in_words = DECLARED[probe.looks_at] == {"last text"} and not probe.looks_at.startswith(
            "Other document"
        )
        assert (probe.cache_needs == "semantic") == in_words, probe.id


def test_texts_of_different_sequences_are_about_different_things(suite: Suite, model: MiniLM) -> None:
    """An answer of another sequence is never a close call."""
    texts = {
        (scenario.sequence, last_text(scenario)): model.embed(last_text(scenario))
        for scenario in suite.scenarios
        if last_text(scenario)
    }
    pairs = [
        (float(texts[one] @ texts[other]), one, other)
        for one, other in itertools.combinations(texts, 2)
        if one[0] != other[0]
    ]
    assert max(pairs)[0] < MOST_ALIKE, max(pairs)


def test_the_sweep_covers_the_whole_range_with_both_meanings(suite: Suite, alike: dict[str, float]) -> None:
    """Seven pairs each, from hardly alike to almost the same words."""
    groups: dict[str, list[float]] = {}
    for _, probe in probes(suite.scenarios):
        if probe.class_ == "cache_sweep":
            groups.setdefault(probe.cache_expect, []).append(alike[probe.id])
    assert {expect: len(values) for expect, values in groups.items()} == {"may_hit": 7, "must_miss": 7}
    for values in groups.values():
        steps = sorted(values)
        assert steps[0] < 0.5
        assert steps[-1] > 0.95
        assert max(high - low for low, high in itertools.pairwise(steps)) < 0.25


def test_paraphrases_lie_on_both_sides_of_common_thresholds(suite: Suite, alike: dict[str, float]) -> None:
    """Some are due from 0.95 up, some only of a cache that is more generous."""
    values = [alike[p.id] for _, p in probes(suite.scenarios) if p.looks_at.endswith("in other words")]
    assert sum(value >= 0.95 for value in values) == 4
    assert sum(value < 0.95 for value in values) == 2


def test_similarity_is_that_of_the_last_user_texts(
    suite: Suite, model: MiniLM, alike: dict[str, float]
) -> None:
    """To three decimals; equal texts are 1, and first questions have none."""
    by_id = {scenario.id: scenario for scenario in suite.scenarios}
    one, other = last_text(by_id["CA-not-software"]), last_text(by_id["CA-not-software-2"])
    assert alike["CA-not-software-2"] == pytest.approx(float(model.embed(one) @ model.embed(other)), abs=6e-4)
    assert alike["CA-not-software-2"] == pytest.approx(0.992, abs=0.001)
    assert alike["CA-history-dose-2"] == 1.0
    assert "CA-not-software" not in alike


def test_without_the_weights_only_equal_texts_have_a_figure(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing package makes figures unknown, and no run fail."""
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    found = similarities([suite])
    assert set(found.values()) == {1.0}
    assert "CA-not-software-2" not in found


def test_suites_in_which_nothing_must_hit_have_no_similarity() -> None:
    """Working it out takes a second, which other suites need not wait for."""
    assert similarities([load_suite(PATH.with_name("core.yaml"))]) == {}
