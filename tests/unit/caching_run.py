"""A run of a small cache suite, in which every probe hits, misses or gets another answer, as told."""

from __future__ import annotations

from pathlib import Path

from lab.records.manifest import ScenarioInfo
from lab.records.models import Claim
from lab.report.build import build_results
from lab.results.wrong_answers import WrongAnswer
from lab.topics.caching.table import Caching, KindCount
from lab.wires.neutral import Usage
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

CHECKS = ("answered", "provenance")


def pair(
    name: str, kind: str, expect: str, similarity: float, needs: str = "exact", differs: str | None = None
) -> list[ScenarioInfo]:
    """A first question and its probe, of a suite `cache`."""
    shared = {"suite": "cache", "class_": "pairs", "sequence": name, "checks": CHECKS}
    first = scenario(name, title=f"First {name}", looks_at="First", **shared)
    fields = {
        "cache_expect": expect,
        "cache_needs": needs,
        "cache_differs": differs,
        "similarity": similarity,
    }
    return [first, scenario(f"{name}-2", title=f"Probe {name}", looks_at=kind, **shared, **fields)]


SCENARIOS = (
    *pair("again", "Again", "must_hit", 1.0),
    *pair("words", "Other words", "must_hit", 0.97, "semantic"),
    *pair("far", "Other words", "must_hit", 0.80, "semantic"),
    *pair("not", "Opposite", "must_miss", 0.98, "semantic", "question"),
    *pair("user", "Another user", "must_miss", 1.0, differs="user"),
    *pair("sky", "Sweep", "may_hit", 0.94, "semantic"),
)
VARIANTS = (
    variant("direct"),
    variant("litellm", cache="exact"),
    variant("lynkr", cache="semantic", cache_threshold=0.95),
)
HIT = 4.0
FRESH = 20.0


class Cache:
    """Records a run in which one variant's probes hit, miss or get another answer, as told."""

    def __init__(self, root: Path, repeats: int = 1) -> None:
        self.builder = RunBuilder(root, variants=VARIANTS, scenarios=SCENARIOS, repeats=repeats)

    def fresh(self, name: str, who: str = "lynkr", repeat: int = 1, claim: str | None = None) -> None:
        """An answer that a model was asked for."""
        ms = 1.0 if who == "direct" else FRESH
        self.builder.exchange(who, name, repeat, latency_ms=ms, claim=Claim(cache=claim))

    def hit(self, name: str, of: str, who: str = "lynkr", repeat: int = 1, claim: str | None = None) -> None:
        """An answer first given to another question; two embeddings were asked for, and no model."""
        embeddings = [
            Call(kind="embedding", wire="ollama_embeddings", path="/api/embeddings", model="nomic-embed-text")
        ] * 2
        self.builder.exchange(
            who,
            name,
            repeat,
            calls=embeddings,
            marker=marker_of(f"r{repeat}-{of}-{who}"),
            latency_ms=HIT,
            usage=Usage(input=30, output=20),
            claim=Claim(cache=claim),
        )

    @property
    def found(self) -> Caching:
        """The tables that come of it."""
        caching = build_results(self.builder.store).table(Caching)
        assert caching is not None
        return caching

    @property
    def wrong(self) -> tuple[WrongAnswer, ...]:
        """The wrong answers that were served."""
        return build_results(self.builder.store).wrong_answers.served

    def count(self, kind: str, who: str = "lynkr") -> KindCount:
        """One variant's figures for one kind of question."""
        cache = next(cache for cache in self.found.variants if cache.variant == who)
        return next(count for count in cache.kinds if count.kind == kind)
