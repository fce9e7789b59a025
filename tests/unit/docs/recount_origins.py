"""Where the answers of a run come from, by what docs/data-format.md says of it; nothing of the lab here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.unit.docs.recount import Json, Run, Seen, look, spelled


def origins(run: Run) -> Iterator[tuple[Json, str]]:
    """Where each answer comes from: fresh, cache, foreign, or another word of the format's page."""
    infos = {(s["suite"], s["id"]): s for s in run.manifest["scenarios"]}

    def talk(record: Json) -> tuple[str, int, str, str]:
        scope = infos[record["suite"], record["scenario"]]["sequence"] or record["scenario"]
        return record["variant"], record["repeat"], record["suite"], scope

    def may_hold(record: Json, other: Json | None) -> bool:
        if other is None or other["seq"] >= record["seq"]:
            return False
        return talk(other) == talk(record) or equal(run, infos, other, record)

    given = {record["marker"]: record for record in run.exchanges}
    ids = given_once(run)
    for record in run.exchanges:
        markers = set(record["answer"]["markers"])
        answered = answered_calls(run, record)
        said = {m for call in answered for m in call.get("answer_markers") or ()} | {record["marker"]}
        others = [given.get(marker) for marker in markers - said]
        named = (ids.get(call["id"]) for call in record["answer"]["tool_calls"] if len(call["id"]) >= 20)
        others += [other for other in named if other is not None and other["id"] != record["id"]]
        if record["status"] != "completed" or (record["http_status"] or 0) >= 400:  # an error is no answer
            yield record, ""
        elif any(not may_hold(record, other) for other in others):
            yield record, "foreign"
        elif others:
            yield record, "cache"
        elif record["marker"] in markers:
            yield record, "fresh"
        else:
            origin = unmarked(record, answered)
            before = run.exchanges if origin == "unproven" else ()
            again = any(may_hold(record, o) and said_again(run, infos, record, o) for o in before)
            yield record, "cache" if again else origin


def answered_calls(run: Run, record: Json) -> list[Json]:
    """The chat calls of an exchange that were answered."""
    return [c for c in run.calls[record["id"]] if c["kind"] == "chat" and c["status"] < 400]


def given_once(run: Run) -> dict[str, Json]:
    """The exchange of each id of a tool call that the provider gave in one exchange alone."""
    found: dict[str, list[Json]] = defaultdict(list)
    for record in run.exchanges:
        for one in {made["id"] for c in answered_calls(run, record) for made in c["answer_tool_calls"] or ()}:
            found[one].append(record)
    return {one: records[0] for one, records in found.items() if len(records) == 1}


WHO_OR_WHAT = re.compile(
    "auth|key|token|cookie|user|tenant|org|account|customer|team|project|workspace|member|email|identity"
    "|beta|version|model|provider|config|metadata|cache|virtual|feature"
)


def saying(record: Json) -> Json:
    """The client's own headers that say who asks or what is asked."""
    low = {name.lower(): value for name, value in record.get("headers_sent", {}).items()}
    for name in [*low]:
        own = name in {"user-agent", "idempotency-key"} or name.endswith(("app-version", "client-version"))
        if own or name.startswith("x-stainless-") or not WHO_OR_WHAT.search(name):
            del low[name]
    return low


def equal(run: Run, infos: dict[tuple[str, str], Json], one: Json, other: Json) -> bool:
    """Whether two records are of the same request of the same client."""
    for name in ("variant", "wire", "address", "credential"):
        if one.get(name, "") != other.get(name, ""):
            return False
    known = one.get("credential") or not any(
        infos[record["suite"], record["scenario"]]["other_client"] for record in (one, other)
    )
    bodies = [
        {name: value for name, value in run.body(record["request"]).items() if not name.startswith("stream")}
        for record in (one, other)
    ]
    return bool(known) and saying(one) == saying(other) and spelled(bodies[0]) == spelled(bodies[1])


def said_again(run: Run, infos: dict[tuple[str, str], Json], record: Json, other: Json) -> bool:
    """Whether an answer without a marker says what another one did, which a model had said."""

    def words(one: Json) -> tuple[str, list[tuple[str, Any]]]:
        answer = one["answer"]
        return answer["text_sha"] or "", [(call["name"], call["input"]) for call in answer["tool_calls"]]

    asked = answered_calls(run, other)
    own = any(
        c["answered_by"] in {"ollama", "cloud"} or c.get("answer_text_sha") in {None, words(other)[0]}
        for c in asked
    )
    if other["answer"]["markers"] or not own or words(record) != words(other):
        return False
    return words(record) != ("", []) or equal(run, infos, record, other)


def unmarked(record: Json, answered: list[Json]) -> str:
    """An answer without a marker: told by ids of tool calls, by the provider's text, or not at all."""
    made = {(call["id"], call["name"]) for one in answered for call in one["answer_tool_calls"] or ()}
    got = [(call["id"], call["name"]) for call in record["answer"]["tool_calls"]]
    if any(one["answered_by"] in {"ollama", "cloud"} for one in answered):
        return "model"
    if answered and got and made.issuperset(got):
        return "fresh"
    text = record["answer"]["text_sha"] or ""
    bare = [
        one for one in answered if record["marker"] not in (one.get("answer_markers") or [record["marker"]])
    ]
    bare += [one for one in answered if one.get("answer_markers") == []]
    if any(one["answer_text_sha"] == text for one in bare):
        return "fresh"
    return "lost" if answered else "unproven"


def observed(run: Run) -> dict[tuple[str, str], list[Seen]]:
    """All exchanges by variant and scenario, in order of repeats."""
    found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for record, origin in origins(run):
        found[record["variant"], record["scenario"]].append(look(run, record, origin))
    for seen in found.values():
        seen.sort(key=lambda one: one.record["repeat"])
    return found
