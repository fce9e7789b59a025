"""Puts generated payloads in where a scenario refers to them, with their facts and what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from lab.config.files import KeyPath, Problems
from lab.errors import ConfigError
from lab.scenarios.payloads import CONVERSATION, Payload, conversation, payload
from lab.tokens import count

KEY = "generate"


def refers(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value of a suite is `{generate: …}`."""
    return isinstance(value, dict) and KEY in value


def read_text(reference: Mapping[str, Any]) -> str:
    """The text of a generated payload; ConfigError says what is wrong with the reference."""
    return payload(reference).text


def read_messages(reference: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages of a generated conversation, which stand in place of one item of `messages`."""
    return conversation(reference)[0]


def read_facts(reference: Mapping[str, Any]) -> list[dict[str, list[str]]]:
    """The facts of a generated payload or conversation."""
    return [{"parts": list(fact.parts)} for fact in _made(reference).facts]


def described(scenario: Mapping[str, Any], at: KeyPath, problems: Problems) -> dict[str, Any]:
    """What the fields `payload` and `facts_beside` say of a scenario that refers to a generated payload.

    Its facts have to be those of a payload that it sends.
    """
    sent = list(_references(scenario.get("messages"), "user text"))
    facts = scenario.get("facts")
    try:
        if refers(facts) and all(facts != reference for reference, _ in sent):
            _made(facts)
            step = "give both the same generate, tokens or turns, seed and tools"
            problems.add((*at, "facts"), "are those of a payload that no message holds", step)
        found: dict[str, Any] = {"payload": _described(*sent[0])} if sent else {}
        if refers(facts):
            found["facts_beside"] = [{"parts": list(row)} for row in _made(facts).beside]
    except ConfigError:  # noted where the reference itself is read
        return {}
    return found


def _made(reference: Mapping[str, Any]) -> Payload:
    return conversation(reference)[1] if reference[KEY] == CONVERSATION else payload(reference)


def _described(reference: Mapping[str, Any], place: str) -> dict[str, Any]:
    made = _made(reference)
    if reference[KEY] != CONVERSATION:
        return {"kind": made.kind, "place": place, "tokens": reference["tokens"]}
    place = "turns with tool calls" if reference.get("tools") else "turns"
    return {"kind": made.kind, "place": place, "tokens": count([made.text]), "turns": reference["turns"]}


def _references(value: Any, place: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every reference in messages, with where it stands."""
    if refers(value):
        yield value, place
    elif isinstance(value, dict):
        inside = "tool result" if value.get("type") == "tool_result" else place
        for item in value.values():
            yield from _references(item, inside)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item, place)
