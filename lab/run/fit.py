"""How a model server's models fit a plan: their contexts, how long they take, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lab.engines.modelserver.providing import EMBEDDINGS, Problem, Provided
from lab.engines.modelserver.said import Timed
from lab.records.manifest import ServedModel
from lab.run.needs import WORDS, Asked, surely_of
from lab.run.plan import Plan


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a model is, by one timed answer, and how many of its tokens there are per o200k token.

    `counts` are tokens of scenarios, by id, if the server itself counts them (without its template).
    """

    timed: Timed
    per_token: float
    answer_tokens: int
    counts: Mapping[str, int] = field(default_factory=dict)

    def seconds(self, tokens: int) -> float:
        """About how long it takes to read so many tokens and to write a full answer."""
        reads, writes = self.timed.read_per_s, self.timed.write_per_s
        if not reads or not writes:
            return self.timed.answer_s
        return tokens / reads + self.answer_tokens / writes


def pace_of(timed: Timed, counted: int, answer_tokens: int, counts: Mapping[str, int] | None = None) -> Pace:
    """The pace by one timed answer to a prompt that has `counted` tokens by the lab's tokenizer."""
    ratio = timed.prompt / counted if timed.prompt and counted else 1.0
    return Pace(timed, ratio, answer_tokens, counts or {})


def tokens_in(asked: Asked, pace: Pace | None) -> int:
    """How many tokens a scenario has by the model's own tokenizer, counted by its server or estimated."""
    if pace and asked.scenario in pace.counts:
        return pace.counts[asked.scenario]
    return round(asked.tokens * (pace.per_token if pace else 1.0))


def context_problems(
    plan: Plan, asked: Mapping[str, Asked], served: Mapping[str, ServedModel], paces: Mapping[str, Pace]
) -> Iterator[Problem]:
    """What does not fit into the context in force (or, if that is not known, that the model was made for)."""
    for tier, model in served.items():
        limit = model.context or model.trained_context
        reaching = _reaching(plan, asked, tier)
        if limit is None or tier == EMBEDDINGS or not reaching:
            continue
        sizes = {one.scenario: tokens_in(one, paces.get(tier)) for one in reaching}
        over = [name for name, tokens in sizes.items() if tokens > limit]
        if not over:
            continue
        largest = max(sizes, key=lambda name: sizes[name])
        pace = paces.get(tier)
        how = "counted by the server, without its template" if pace and pace.counts else "estimated"
        step = "raise it (OLLAMA_CONTEXT_LENGTH, or num_ctx in the model), or compare a variant that does"
        if model.trained_context and sizes[largest] > model.trained_context:
            step = f"choose a model with a longer context: this one's is {model.trained_context:,} tokens"
        yield Problem(
            f"ollama.models.{tier}",
            f"{len(over)} of {len(sizes)} scenarios do not fit into its context of {limit:,} tokens, and the "
            f"server cuts or refuses them: {largest} has about {sizes[largest]:,} ({how})",
            step,
        )


def time_problems(
    plan: Plan, asked: Mapping[str, Asked], served: Mapping[str, ServedModel], paces: Mapping[str, Pace]
) -> Iterator[Problem]:
    """Scenarios that would not be answered within the limit of an exchange."""
    limit = plan.lab.limits.exchange_timeout_s
    for tier, pace in paces.items():
        times = {one.scenario: _seconds(one, served[tier], pace) for one in _reaching(plan, asked, tier)}
        slow = [name for name, seconds in times.items() if seconds > limit]
        if slow:
            slowest = max(times, key=lambda name: times[name])
            yield Problem(
                f"ollama.models.{tier}",
                f"{len(slow)} of {len(times)} scenarios may take longer than limits.exchange_timeout_s="
                f"{limit:g}: {slowest} about {times[slowest]:.0f} s",
                "choose a smaller or faster model, or raise the limit",
            )


def length(
    plan: Plan, asked: Mapping[str, Asked], served: Mapping[str, ServedModel], paces: Mapping[str, Pace]
) -> tuple[float, float]:
    """About how many seconds the models' part of the run takes: what surely reaches them, and what may."""
    least = most = 0.0
    for step in plan.steps(1):
        one = asked.get(step.scenario.id)
        planned = next(planned for planned in plan.variants if planned.name == step.variant)
        if one is None:
            continue
        tier = surely_of(plan, planned, step.scenario)
        if tier is not None and tier in paces:
            whole = planned.variant.context == "needed"
            seconds = _seconds(one, served[tier], paces[tier], whole=whole)
            least, most = least + seconds, most + seconds
        elif planned.variant.routes and paces:
            most += max(_seconds(one, served[name], pace) for name, pace in paces.items())
    return round(least * plan.repeats, 1), round(most * plan.repeats, 1)


def _seconds(one: Asked, model: ServedModel, pace: Pace, *, whole: bool = False) -> float:
    """About how long a scenario takes; a prompt that is not read `whole` is cut to the context in force."""
    tokens = tokens_in(one, pace)
    return pace.seconds(tokens if whole or not model.context else min(tokens, model.context))


def _reaching(plan: Plan, asked: Mapping[str, Asked], tier: str) -> list[Asked]:
    """The scenarios that reach a tier's model: those that surely do, or all if no variant surely does."""
    sure = {
        scenario.id
        for suite in plan.suites
        for scenario in suite.scenarios
        for planned in plan.variants
        if surely_of(plan, planned, scenario) == tier and plan.asks(planned.name, scenario)
    }
    routed = any(planned.variant.routes for planned in plan.variants)
    return [one for name, one in asked.items() if name in sure or (routed and not sure)]


def capability_problems(
    asked: Iterable[Asked], provided: Provided, cannot: Mapping[str, Mapping[str, str]]
) -> Iterator[Problem]:
    """What models do not take of what the scenarios need, and what comes of it."""
    needs = {need: [one.scenario for one in asked if need in one.needs] for need in WORDS}
    for role, shown in provided.shown.items():
        if role == EMBEDDINGS:
            if shown.lacks("embedding"):
                yield Problem(
                    f"ollama.{EMBEDDINGS}",
                    f"{provided.names[role]} is no embedding model by its server",
                    "name one, such as all-minilm",
                )
            continue
        for need, scenarios in needs.items():
            if scenarios and shown.lacks(need):
                left = sum(1 for name in scenarios if cannot.get(name))
                yield Problem(
                    f"ollama.models.{role}",
                    f"{provided.names[role]} does not take {need}; scenarios that need it: {len(scenarios)}, "
                    f"of which {left} are unsupported for variants that have no other model",
                    f"choose a model with {need}",
                )


def sentence(tier: str, model: ServedModel) -> str:
    """One line on a model, for the console."""
    named = (
        model.served_as if model.served_as == model.asked_for else f"{model.served_as} ({model.asked_for})"
    )
    parts = [f"{tier}: {named}"]
    if model.load_s is not None:
        parts.append(f"loaded in {model.load_s:.1f} s")
    if model.context:
        of = f" of {model.trained_context:,}" if model.trained_context else ""
        parts.append(f"context {model.context:,}{of} tokens")
    if model.capabilities is not None:
        parts.append(", ".join(model.capabilities) or "no capabilities")
    if model.read_per_s and model.write_per_s:
        parts.append(f"reads {model.read_per_s:,.0f} and writes {model.write_per_s:,.0f} tokens per s")
    elif model.answer_s is not None:
        parts.append(f"a short answer took {model.answer_s:.1f} s")
    return "; ".join(parts)


def in_words(seconds: tuple[float, float]) -> str:
    """How long the models' part of a run takes, for the console."""
    least, most = (_time(value) for value in seconds)
    if seconds[0] == seconds[1]:
        return f"the models' part of the run takes about {least}"
    return (
        f"the models' part of the run takes about {least}, and up to {most} if routers send them everything"
    )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
