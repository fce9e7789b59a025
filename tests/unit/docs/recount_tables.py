"""First screen, wrong answers and wire pairs of a run, counted again from its files; nothing of the lab."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean, median

from tests.unit.docs.recount import KINDS, Json, Run, Seen, spelled, tool_texts
from tests.unit.docs.recount_cells import Observed, compared, pairs
from tests.unit.docs.recount_origins import equal, given_once

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
DELIVERY = ("stream", "stream_options")
RANKS = ["none", "exact", "semantic"]
Place = tuple[str, str, str, bool]


def screen_of(run: Run, observed: Observed, variant: Json, control: str) -> Json:
    """What the first screen says of one variant beside tokens, costs and intervals."""
    name, scenarios = variant["name"], [s for s in run.manifest["scenarios"] if first_form(s)]
    every = [(s, one) for s in scenarios for one in observed.get((name, s["id"]), ())]
    done = [(s, one) for s, one in every if one.done]
    tried = len(every)
    _, infos = compared(run, observed)
    kinds = {"whole": [s for s in infos if not s["stream"]], "streams": [s for s in infos if s["stream"]]}
    origins = Counter(one.origin for _, one in done)
    prompts = [s for s in scenarios if judges_tiers(s) and (not s["unsupported"])]
    tiers = {
        s["id"]: list(tiers_of(run, observed[name, s["id"]])) for s in prompts if (name, s["id"]) in observed
    }
    return {
        "exchanges": tried,
        "completed": len(done),
        "retries": sum(max(0, len(one.record["attempts"]) - 1) for _, one in every),
        "latency_ms.success": len(done) / tried,
        "latency_ms.first_attempt_success": sum(len(o.record["attempts"]) == 1 for _, o in done) / tried,
        "cache.of": len(done),
        "cache.hits": origins["cache"],
        "cache.foreign": origins["foreign"],
        "cache.unproven": origins["unproven"],
        "cache.wrong": sum(is_wrong(run, s, one) for s, one in done),
        "cache.missed": sum(is_missed(variant, s, one) for s, one in done),
        "prompts_right.right": sum(set(found) <= set(s["acceptable_tiers"]) for s in prompts
                                   if (found := tiers.get(s["id"])) and variant["routes"]),
        "prompts_right.seen": sum(bool(found) for found in tiers.values()) if variant["routes"] else 0,
        "median_change_percent": median(change(observed[name, s["id"]]) for s in infos),
        "monthly.as_routed": month(run, observed, name, infos, "as_routed"),
        "monthly.same_model": month(run, observed, name, infos, "same_model"),
    } | {
        f"added_to_{what}.{field}": value
        for what, these in kinds.items()
        for field, value in added(observed, name, control, these).items()
    }  # fmt: skip


def first_form(scenario: Json) -> bool:
    """Valid, and not a further form of another scenario: what sums cover."""
    return bool(scenario["valid"]) and not scenario.get("written")


def judges_tiers(scenario: Json) -> bool:
    """A prompt as it is that accepts some tiers and not others."""
    bare = scenario["relation"] is None and scenario["in_pass"] == 0
    return bare and 0 < len(scenario["acceptable_tiers"]) < 4


def tiers_of(run: Run, seen: Iterable[Seen]) -> Iterator[str]:
    """The tier of the model that answered each completed exchange, by the models of the manifest."""
    names = {tier["model"]: name for name, tier in run.manifest["tiers"].items()}
    for one in seen:
        answered = [call for call in one.chat if call["status"] < 400]
        if one.done and answered:
            yield names.get(answered[-1]["model"], "no tier")


def change(seen: Sequence[Seen]) -> float:
    """Tokens forwarded against tokens sent, in percent, of a scenario's completed exchanges."""
    done = [one for one in seen if one.done]
    sent, forwarded = fmean(sum(one.sent) for one in done), fmean(sum(one.forwarded) for one in done)
    return (forwarded - sent) / sent * 100


def month(run: Run, observed: Observed, variant: str, infos: Sequence[Json], price: str) -> float:
    """USD of a month's requests: classes have equal shares, and the scenarios of a class."""
    classes = Counter((s["suite"], s["class"]) for s in infos)
    usd = 0.0
    for s in infos:
        seen = observed[variant, s["id"]]
        each = sum(getattr(one, price) for one in seen) / sum(one.done for one in seen)
        usd += each / len(classes) / classes[s["suite"], s["class"]]
    return usd * float(run.manifest["requests_per_month"])


def added(observed: Observed, variant: str, control: str, infos: Sequence[Json]) -> Json:
    """The median of what was added over the control, and of how many pairs; the control has none."""
    found = [ms for s in infos if variant != control
             for ms in pairs(observed[variant, s["id"]], observed[control, s["id"]])]  # fmt: skip
    return {"pairs": len(found), "median_ms": median(found) if found else None}


# Answers from a cache


def is_wrong(run: Run, scenario: Json, one: Seen) -> bool:
    """A hit of a question that must miss, but for an equal one and for one that may only be less long."""
    if one.origin != "cache":
        return False
    infos = {(s["suite"], s["id"]): s for s in run.manifest["scenarios"]}
    source = source_of(run, one.record)
    if equal(run, infos, source, one.record):
        return False
    if scenario["cache_expect"] != "must_miss":
        return bool(infos[source["suite"], source["scenario"]]["cache_differs"])
    old, new = run.body(source["request"]), run.body(one.record["request"])
    was, now = (next((body[name] for name in LIMITS if name in body), float("inf")) for body in (old, new))
    if was == now or without(old, *LIMITS, *DELIVERY) != without(new, *LIMITS, *DELIVERY):
        return True
    cut = any(record["answer"]["stop_reason"] in {"max_tokens", "length"} for record in (source, one.record))
    return bool((cut and now > was) or run.calls[source["id"]][-1]["usage"]["output"] > now)


def source_of(run: Run, record: Json) -> Json:
    """The exchange that a cached answer was first given to, by its marker, its calls' ids or its words."""
    given, ids = {one["marker"]: one for one in run.exchanges}, given_once(run)
    found = [given[marker] for marker in record["answer"]["markers"] if marker != record["marker"]]
    found += [ids[call["id"]] for call in record["answer"]["tool_calls"] if call["id"] in ids]
    found += [
        one
        for one in run.exchanges
        if one["variant"] == record["variant"] and one["answer"]["text_sha"] == record["answer"]["text_sha"]
    ]
    return found[0]


def without(body: Json, *names: str) -> str:
    """A request without some of its fields, in one spelling."""
    return spelled({name: value for name, value in body.items() if name not in names})


def is_missed(variant: Json, scenario: Json, one: Seen) -> bool:
    """A fresh answer where a hit was due of this kind of cache, from its threshold up."""
    if scenario["cache_expect"] != "must_hit" or one.origin not in {"fresh", "model"}:
        return False
    if RANKS.index(variant["cache"]) < RANKS.index(scenario["cache_needs"]):
        return False
    threshold = variant["cache_threshold"]
    if scenario["cache_needs"] == "exact" or threshold is None:
        return True
    return scenario["similarity"] is not None and scenario["similarity"] >= threshold


# Facts and tools


def facts_bounds(run: Run, scenario: Json, seen: Iterable[Seen]) -> Iterator[tuple[float, float]]:
    """Per completed exchange, the fewest and the most facts that what was forwarded may hold.

    Surely kept is what stands in one line of a text as it stands there in the request; surely lost is what
    has a part that stands nowhere, but for the first one: a heading may have the beginning of it.
    """
    for one in seen:
        answered = [call for call in one.chat if call["status"] < 400] or one.chat
        if not one.done or not answered:
            continue
        arrived = "\n".join(strings(run.body(answered[-1]["request"])))
        sent = "\n".join(strings(run.body(one.record["request"]))).splitlines()
        lines = set(arrived.splitlines())
        facts = scenario["facts"]
        surely = sum(any(line in lines and all(p in line for p in fact) for line in sent) for fact in facts)
        parts = [[part.rstrip("0").rstrip(".") for part in fact[1:] or fact] for fact in facts]
        yield surely, sum(all(part in arrived for part in found) for found in parts)


def strings(value: object) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def own_words(tool: Json, arrived_on: str) -> tuple[str, bool]:
    """What a tool of the provider's own is, and whether the model has to ask for it, if that can be said."""
    kind = tool.get("type") or ""
    deferred = bool(tool.get("defer_loading")) and arrived_on != "chat"
    return "" if kind in {"custom", "function"} else kind, deferred


def tools_whole(run: Run, scenario: Json, one: Seen) -> int | None:
    """How many needed tools were forwarded with the name, description and schema that were sent."""
    answered = [call for call in one.chat if call["status"] < 400] or one.chat
    if not one.done or not answered:
        return None
    sent, arrived = (
        {
            texts[0]: (texts, *own_words(tool, answered[-1]["wire"]))
            for tool in run.body(sha).get("tools") or ()
            for texts in [[*tool_texts(tool)]]
        }
        for sha in (one.record["request"], answered[-1]["request"])
    )
    return sum(name in arrived and arrived[name] == sent[name] for name in scenario["tools_needed"])


# Wire pairs


def pairs_of(run: Run, observed: Observed, cells: Iterable[Json]) -> dict[Place, Json]:
    """A row per variant, client's wire, provider's wire, and way of answering.

    Verdicts are those of cells, of which each must lie on one pair alone; `mixed` names the others.
    """
    valid = {s["id"] for s in run.manifest["scenarios"] if s["valid"]}
    rows: dict[Place, Json] = defaultdict(
        lambda: {"exchanges": 0, "completed": 0, "scenarios": 0, "passed": 0, "mixed": 0, "checks": Counter()}
    )
    for cell in cells:
        seen = observed.get((cell["variant"], cell["scenario"]), ()) if cell["scenario"] in valid else ()
        places = [place_of(one) for one in seen]
        for place, one in zip(places, seen, strict=True):
            rows[place]["exchanges"] += 1
            rows[place]["completed"] += one.done
        for place in dict.fromkeys(places):
            row = rows[place]
            row["mixed"] += len(set(places)) > 1
            applied = {name: check for name, check in cell["checks"].items() if check["of"]}
            row["scenarios"] += bool(applied)
            row["passed"] += bool(applied) and all(c["passed"] == c["of"] for c in applied.values())
            for name, check in applied.items():
                row["checks"][name, "kept"] += check["passed"]
                row["checks"][name, "of"] += check["of"]
    return dict(rows)


def place_of(one: Seen) -> Place:
    """Where an exchange is counted; without a call to a model the provider's wire is empty."""
    answered = [call for call in one.chat if call["status"] < 400] or one.chat
    upstream = str(answered[-1]["wire"]) if answered else ""
    record, wire = one.record, str(one.record["wire"])
    return str(record["variant"]), KINDS.get(wire, wire), upstream, bool(record["stream"])
