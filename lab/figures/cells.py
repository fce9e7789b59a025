"""One scenario through one variant: the observations of its repeats, brought down to one cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lab.checks.registry import Judgement, judging
from lab.exchange.answercache import why_not_due
from lab.figures.amounts import Reasons, cache_of, commonest, cost_of, mean, most_frequent, tokens_of
from lab.figures.latency import Timing, latency_of
from lab.figures.observation import Observation
from lab.figures.wrong_answers import wrongness_of
from lab.records.manifest import CellStatus, Manifest, ScenarioInfo, VariantStatus
from lab.results.cell import Cell, CheckResult, Choice, Facts, Passes, TierChoice, Tools, Verdict

NOT_ROUTED = "not routed"
ROUTERS_ONLY = "only routers are asked this, and this variant does not route"
ONE_CLIENT = "it asks with another client's key, and here this system accepts only one"
THE_CONTROL = "this is the control, against which the others are read"
NOT_SENT = "the request that the client sends holds none of the facts"
NO_MODEL = "no model was asked: the answer came from a cache"
VARIES_TOKENS = 8
VARIES_SHARE = 0.02


def build_cell(
    manifest: Manifest,
    variant: VariantStatus,
    scenario: ScenarioInfo,
    seen: Sequence[Observation],
    control: Mapping[int, Observation],
) -> Cell:
    """The cell of a variant and a scenario; `control` holds the control's observations by repeat."""
    every = sorted(seen, key=lambda one: (one.repeat, one.id))
    seen = [one for one in every if not one.excused]  # the provider's part counts for nobody, nor against
    done = [one for one in seen if one.completed]
    status, reason = _status(manifest, variant, scenario, every)
    cell: dict[str, Any] = {
        "variant": variant.name,
        "scenario": scenario.id,
        "suite": scenario.suite,
        "n": len(seen),
        "completed": len(done),
        "status": status,
        "reason": reason,
        "evidence": tuple(one.id for one in every),
    }
    reasons: Reasons = {}
    if seen:
        seed = str(manifest.seed)
        latency, why_latency = latency_of([timing(one, control, variant) for one in seen], seed)
        cost, why_cost = cost_of(seen)
        reasons |= why_latency | why_cost
        if variant.kind == "control":
            reasons["latency_ms.overhead"] = THE_CONTROL
        cell |= {
            "retries": sum(max(0, one.attempts - 1) for one in seen),
            "latency_ms": latency,
            "cost_usd": cost,
            "checks": {
                e.name: _check([one.checks[e.name] for one in seen])
                for e in judging(scenario.checks, variant.kind)
            },
            "passes": _passes(seen),
        }
    if done:
        tokens, why_tokens = tokens_of(done)
        reasons |= why_tokens
        cell |= {
            "tokens": tokens,
            "facts": _facts(scenario, done, reasons),
            "tools": _tools(scenario, done, reasons),
            "tier": _tier(variant, scenario, done, reasons),
            "model": _model(done, reasons),
            "upstream_calls": mean(one.chat_calls for one in done),
            "embedding_calls": mean(one.embedding_calls for one in done),
            "embedding_tokens": mean(one.embedding_tokens for one in done),
            "cache": cache_of(
                done,
                wrong=sum(_kept_wrongly(one, scenario) for one in done),
                missed=sum(_missed(one, variant, scenario) for one in done),
            ),
            "varies": _varies(seen, done),
        }
        if len(done) < len(seen):
            why = most_frequent(one.reason or "" for one in seen if not one.completed)
            reasons["completed"] = f"{len(seen) - len(done)} of {len(seen)} exchanges failed: {why}"
    return Cell(**cell, reasons=reasons)


def _kept_wrongly(one: Observation, scenario: ScenarioInfo) -> bool:
    """Whether a cache gave an earlier answer of the conversation though it had to miss."""
    return wrongness_of(one, scenario) not in {None, "foreign"}


def _missed(one: Observation, variant: VariantStatus, scenario: ScenarioInfo) -> bool:
    """Whether an answer is fresh where a hit was due: right, and paid for once more."""
    due = scenario.cache_expect == "must_hit" and not why_not_due(variant, scenario)
    return due and one.stems_from in {"fresh", "model"}


def timing(one: Observation, control: Mapping[int, Observation], variant: VariantStatus) -> Timing:
    """The times of an exchange, paired with the control's exchange of the same scenario and repeat."""
    pair = None if variant.kind == "control" else control.get(one.repeat)
    paired = one.completed and pair is not None and pair.completed
    return Timing(
        latency_ms=one.latency_ms if one.completed else None,
        completed=one.completed,
        attempts=one.attempts,
        own_ms=one.own_ms if paired else None,
        control_own_ms=pair.own_ms if paired and pair else None,
        embedding_ms=one.embedding_ms,
        repeat=one.repeat,
    )


def _status(
    manifest: Manifest, variant: VariantStatus, scenario: ScenarioInfo, seen: Sequence[Observation]
) -> tuple[CellStatus, str | None]:
    """What a cell is, and why if it is not measured; what was recorded goes before what was planned."""
    if any(one.completed for one in seen):
        return "measured", None
    if seen and all(one.excused for one in seen):
        return "unavailable", most_frequent(one.reason or "" for one in seen)
    if seen:
        return "failed", most_frequent(one.reason or "" for one in seen)
    return _without_record(manifest, variant, scenario)


def _without_record(
    manifest: Manifest, variant: VariantStatus, scenario: ScenarioInfo
) -> tuple[CellStatus, str]:
    if never := _never_asked(manifest, variant, scenario):
        return "unsupported", never
    if variant.status == "unavailable":
        return "unavailable", variant.reason or "the system could not be started"
    wire = scenario.wire or manifest.wire
    if variant.wires and wire not in variant.wires:
        return "unsupported", f"this system does not speak the {wire} wire"
    if manifest.asked and variant.name not in manifest.asked.get(scenario.id, ()):
        return "not_run", manifest.asked_why
    if variant.status == "not_run":
        return "not_run", variant.reason or "the run ended before this variant's turn"
    finished = manifest.state == "finished"
    return "not_run", (
        "no exchange was recorded" if finished else "the run was interrupted before this scenario was sent"
    )


def _never_asked(manifest: Manifest, variant: VariantStatus, scenario: ScenarioInfo) -> str:
    """Why this variant is never asked this, in one sentence; empty if it is."""
    if scenario.unsupported:
        return scenario.unsupported
    if why := dict(scenario.unsupported_for).get(variant.name):
        return why
    if scenario.routers_only and not variant.routes:
        return ROUTERS_ONLY
    wire = scenario.wire or manifest.wire
    return ONE_CLIENT if scenario.other_client and wire in variant.one_client else ""


def _passes(seen: Sequence[Observation]) -> Passes:
    """In how many repeats every check that applies passed; a scenario passes only if all repeats do."""
    judged = [{judgement.verdict for judgement in one.checks.values()} for one in seen]
    applied = [verdicts for verdicts in judged if verdicts & {"pass", "fail"}]
    return Passes(passed=sum("fail" not in verdicts for verdicts in applied), of=len(applied))


def _check(judged: Sequence[Judgement]) -> CheckResult:
    """One verdict over repeats: a single fail is a fail, and its reason the most frequent one."""
    verdicts = [one.verdict for one in judged]
    passed, failed = verdicts.count("pass"), verdicts.count("fail")
    verdict: Verdict = "fail" if failed else "pass" if passed else "not_applicable"
    return CheckResult(
        verdict=verdict,
        why=most_frequent(one.why for one in judged if one.verdict == verdict),
        passed=passed,
        of=passed + failed,
    )


def _facts(scenario: ScenarioInfo, done: Sequence[Observation], reasons: Reasons) -> Facts:
    found = [one.facts for one in done if one.facts and one.facts.total]
    if not found:
        without = NOT_SENT if any(one.facts for one in done) else NO_MODEL
        reasons["facts.kept"] = without if scenario.facts else "the scenario declares no facts"
        return Facts(total=len(scenario.facts))
    return Facts(kept=mean(one.kept for one in found), total=max(one.total for one in found))


def _tools(scenario: ScenarioInfo, done: Sequence[Observation], reasons: Reasons) -> Tools:
    found = [one.tools for one in done if one.tools]
    needed = len(scenario.tools_needed)
    if not found:
        reasons["tools.forwarded"] = NO_MODEL
    if not found or not needed:
        reasons["tools.needed_kept"] = NO_MODEL if needed else "the scenario needs no tools"
    return Tools(
        sent=mean(one.tools_sent for one in done),
        forwarded=mean(tools.forwarded for tools in found) if found else None,
        needed=needed,
        needed_kept=mean(needed - len(tools.broken) for tools in found) if found and needed else None,
        dropped=tuple(sorted({name for tools in found for name in tools.dropped})),
        added=tuple(sorted({name for tools in found for name in tools.added})),
    )


def _tier(
    variant: VariantStatus, scenario: ScenarioInfo, done: Sequence[Observation], reasons: Reasons
) -> TierChoice:
    claims = [one.claimed_tier for one in done if one.claimed_tier]
    choice = TierChoice(acceptable=scenario.acceptable_tiers, claimed=commonest(claims))
    if not claims:
        reasons["tier.claimed"] = "no tier is claimed"
    if not variant.routes:
        return choice.model_copy(update={"served": NOT_ROUTED})
    asked = [one for one in done if one.model is not None or one.tier is not None]
    served = [one.tier or f"no tier ({one.model})" for one in asked]
    if not served:
        reasons["tier.served"] = NO_MODEL
    return choice.model_copy(update={"served": commonest(served), "served_counts": _ordered(served)})


def _model(done: Sequence[Observation], reasons: Reasons) -> Choice:
    served = [one.model for one in done if one.model]
    claims = [one.claimed_model for one in done if one.claimed_model]
    if not served:
        asked = any(one.reached_model for one in done)
        reasons["model.served"] = "the forwarded request names no model" if asked else NO_MODEL
    if not claims:
        reasons["model.claimed"] = "no model is claimed"
    return Choice(
        served=commonest(served),
        claimed=commonest(claims),
        served_counts=_ordered(served),
    )


def _ordered(values: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _varies(seen: Sequence[Observation], done: Sequence[Observation]) -> tuple[str, ...]:
    """What is not the same in all repeats, in words."""
    found = []
    if len(done) < len(seen):
        found.append(f"completed {len(done)} of {len(seen)}")
    choices: dict[str, list[str]] = {
        "answer": [one.stems_from for one in done if one.origin],
        "tier served": [one.tier or "none" for one in done if one.reached_model],
        "model served": [one.model or "none" for one in done if one.reached_model],
        "upstream calls": [str(one.chat_calls) for one in done if one.reached_model],
    }
    for what, values in choices.items():
        counts = _ordered(values)
        if len(counts) > 1:
            found.append(f"{what}: " + ", ".join(f"{value} {times}x" for value, times in counts.items()))
    if spread := _token_spread([one for one in done if one.reached_model]):
        found.append(spread)
    return tuple(found)


def _token_spread(done: Sequence[Observation]) -> str | None:
    """Differences beyond what the nonce makes, counted as tokens that were added or removed."""
    if not done:
        return None
    added = [one.forwarded.total - one.sent.total for one in done]
    allowed = max(VARIES_TOKENS, VARIES_SHARE * max(one.sent.total for one in done))
    if max(added) - min(added) <= allowed:
        return None
    totals = [one.forwarded.total for one in done]
    return f"tokens forwarded: {min(totals)} to {max(totals)}"
