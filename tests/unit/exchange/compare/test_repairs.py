"""Names and ids that a provider refuses: a legal one in their place is a repair, if it is one everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wires
from lab.exchange.compare.differences import Differences, compare

SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}


def conversation(*ids: str, name: str = "Bash", results: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A conversation in which a tool was called under each of these ids, with a result for each."""
    calls = [{"type": "tool_use", "id": one, "name": name, "input": {"n": n}} for n, one in enumerate(ids)]
    named = results or ids
    answers = [{"type": "tool_result", "tool_use_id": one, "content": f"r{n}"} for n, one in enumerate(named)]
    turns = [
        {"role": "user", "content": "Which day?"},
        {"role": "assistant", "content": calls},
        {"role": "user", "content": answers},
    ]
    tool = {"name": name, "description": "Run.", "input_schema": SCHEMA}
    return {"tools": [tool], "messages": turns, **more}


def on_chat(*ids: str, name: str = "Bash", choice: Any = None) -> dict[str, Any]:
    """The same on chat."""
    function = {"name": name, "description": "Run.", "parameters": SCHEMA}
    calls = [
        {"id": one, "type": "function", "function": {"name": name, "arguments": f'{{"n":{n}}}'}}
        for n, one in enumerate(ids)
    ]
    turns = [
        {"role": "user", "content": "Which day?"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": one, "content": f"r{n}"} for n, one in enumerate(ids)),
    ]
    chosen = {"tool_choice": choice} if choice else {}
    return {"tools": [{"type": "function", "function": function}], "messages": turns, **chosen}


def between(
    sent: dict[str, Any], arrived: dict[str, Any], kind: str = "messages", sent_kind: str = "messages"
) -> Differences:
    """The differences between two requests."""
    ours, theirs = wires.read_request(sent_kind, sent), wires.read_request(kind, arrived)
    return compare(sent_kind, ours, kind, theirs)


FOREIGN = ("functions.Bash:0", "functions.Bash:1")


@pytest.mark.parametrize(
    ("ids", "became", "repaired"),
    [
        (FOREIGN[:1], ("functions_Bash_0",), True),
        (FOREIGN, ("functions_Bash_0", "functions_Bash_1"), True),
        (FOREIGN, ("toolu_a", "toolu_b"), True),
        (FOREIGN, ("toolu_a", "toolu_a"), False),  # two calls are one now
        (("toolu_1",), ("toolu_2",), False),  # nobody refused it
        (FOREIGN[:1], ("functions/Bash",), False),  # it is refused as well
        (FOREIGN[:1], ("",), False),
        (("call 1", "call_1"), ("call_1", "call_1"), False),  # another call's id
    ],
)
def test_an_id_that_the_provider_refuses_may_become_a_legal_one(
    ids: tuple[str, ...], became: tuple[str, ...], repaired: bool
) -> None:
    """Different ids stay different, and what was legal stays as it was."""
    found = between(conversation(*ids), conversation(*became))
    assert (not found.of({"tool ids"})) is repaired
    if repaired:
        notes = found.excused({"tool ids"})
        assert len(notes) == len(ids)
        assert {(one.excuse, one.partial) for one in notes} == {("repaired", True)}
        assert notes[0].why.endswith("which the messages wire refuses")
        assert not found.touched


def test_a_repaired_id_is_the_same_for_call_and_result() -> None:
    """A result under another id belongs to no call."""
    arrived = conversation("functions_Bash_0", results=("functions.Bash:0",))
    assert [one.aspect for one in between(conversation(FOREIGN[0]), arrived).found if not one.excuse] == [
        "tool results"
    ]


@pytest.mark.parametrize(
    ("length", "kind", "repaired"), [(40, "chat", False), (41, "chat", True), (41, "messages", False)]
)
def test_a_wire_refuses_ids_that_are_too_long_for_it(length: int, kind: str, repaired: bool) -> None:
    """Chat takes 40 characters, Anthropic any number."""
    sent = conversation("t" * length)
    arrived = on_chat("call_1") if kind == "chat" else conversation("call_1")
    assert (not between(sent, arrived, kind).of({"tool ids"})) is repaired


def test_an_id_that_the_clients_own_wire_refuses_may_be_repaired_too() -> None:
    """Chat takes dots and colons, and Anthropic's wire, on which it was sent, does not."""
    found = between(conversation(FOREIGN[0]), on_chat("functions_Bash_0"), "chat")
    assert found.of({"tool ids"}) == ()
    assert found.excused({"tool ids"})[0].why.endswith("which the messages wire refuses")


LONG = "mcp__warehouse__" + "plan_" * 12


@pytest.mark.parametrize(
    ("name", "became", "kind", "repaired"),
    [
        ("a.b", "a_b", "messages", True),
        ("a.b", "a_b", "chat", True),
        (LONG, LONG[:64], "chat", True),
        (LONG, LONG[:55] + "_1a2b3c4", "chat", True),
        (LONG, LONG[:64], "messages", False),  # it takes 128 characters
        ("a_b", "a-b", "chat", False),
        ("a.b", "a/b", "chat", False),
    ],
)
def test_a_tools_name_that_the_provider_refuses_may_become_a_legal_one(
    name: str, became: str, kind: str, repaired: bool
) -> None:
    """In the list of tools, in the calls, and in the choice of tools."""
    sent = conversation("t1", name=name, tool_choice={"type": "tool", "name": name})
    choice = {"type": "function", "function": {"name": became}}
    arrived = (
        on_chat("t1", name=became, choice=choice)
        if kind == "chat"
        else conversation("t1", name=became, tool_choice={"type": "tool", "name": became})
    )
    found = between(sent, arrived, kind)
    counted = {one.aspect for one in found.found if not one.excuse}
    assert counted == (set() if repaired else {"tools", "tool calls", "tool_choice"})
    if repaired:
        (note,) = found.excused({"tools"})
        assert (
            note.why
            == f'the tool "{_cut(name)} is called "{_cut(became)}, as the {kind} wire refuses its name'
        )


def _cut(name: str) -> str:
    return f'{name}"' if len(name) <= 60 else f'{name[:60]}…" ({len(name)} characters)'


def test_a_choice_of_the_old_name_is_a_choice_of_no_tool() -> None:
    """A repair that stops halfway is none."""
    sent = conversation("t1", name="a.b", tool_choice={"type": "tool", "name": "a.b"})
    arrived = conversation("t1", name="a_b", tool_choice={"type": "tool", "name": "a.b"})
    assert [one.aspect for one in between(sent, arrived).found if not one.excuse] == ["tool_choice"]


def test_two_tools_do_not_become_one() -> None:
    """Names that differ only in what is refused have to differ in something else."""
    tools = [{"name": name, "description": "Run.", "input_schema": SCHEMA} for name in ("a.b", "a:b")]
    became = [tool | {"name": "a_b"} for tool in tools]
    sent, arrived = conversation(tools=tools), conversation(tools=became)
    assert [one.change for one in between(sent, arrived).found if one.aspect == "tools" and not one.excuse]


def _offered(*tools: tuple[str, str], chat: bool = False) -> dict[str, Any]:
    """A request with these tools, each with its one parameter."""
    made = [
        {"name": name, "description": "Run.", "parameters": {"type": "object", "properties": {key: {}}}}
        for name, key in tools
    ]
    if chat:
        return {"tools": [{"type": "function", "function": one} for one in made], "messages": []}
    return {
        "tools": [one | {"input_schema": one["parameters"]} | {"parameters": None} for one in made],
        "messages": [],
    }


LONG = "mcp__a_server_with_a_name_that_takes_its_place__" + "x" * 20


@pytest.mark.parametrize(
    ("arrived", "words"),
    [
        ([(LONG[:62] + "_1", "a"), (LONG[:62] + "_2", "b")], []),
        (
            [(LONG[:62] + "_2", "b"), (LONG[:62] + "_1", "a")],
            ["the tools arrived in another order"],
        ),
        ([(LONG[:62] + "_1", "a"), (LONG[:62] + "_2", "c")], ["lost properties.b of its schema"]),
        ([(LONG[:62] + "_1", "a")], ["was not forwarded"]),
    ],
)
def test_long_names_that_begin_alike_are_told_apart_by_what_the_tools_say(
    arrived: list[tuple[str, str]], words: list[str]
) -> None:
    """What was changed beside the name is a change of that tool, and no loss of it."""
    sent = _offered((f"{LONG}_first", "a"), (f"{LONG}_second", "b"))
    found = between(sent, _offered(*arrived, chat=True), "chat").of({"tools"})
    assert [word in one.why for one, word in zip(found, words, strict=True)] == [True] * len(words)
