"""Checks of tool choices, calls and ids: what each says of one exchange."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.report.build import build_results
from lab.results.cell import CheckResult
from lab.wires.neutral import ToolCall
from tests.unit.records_builder import BASH_TOOL, READ_TOOL, Call, RunBuilder, scenario, variant

CHECKS = (
    "tool_call_intact",
    "tools_kept",
    "tool_choice_kept",
    "parallel_calls_kept",
    "tool_history_kept",
    "tool_ids_kept",
)
TOOLS = [READ_TOOL, BASH_TOOL]
HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "Read both."},
    {
        "role": "assistant",
        "content": [
            {"type": "tool_use", "id": "t1", "name": "Read", "input": {"file_path": "a"}},
            {"type": "tool_use", "id": "t2", "name": "Read", "input": {"file_path": "b"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": "alpha"},
            {"type": "tool_result", "tool_use_id": "t2", "content": "beta", "is_error": True},
        ],
    },
]
ASKED: list[dict[str, Any]] = [{"role": "user", "content": "Read a."}]
NAMES = ("Read", "Bash")


def judge(
    root: Path, sent: dict[str, Any], arrived: dict[str, Any], **exchange: Any
) -> dict[str, CheckResult]:
    """What all checks of tools say where one request was sent and another one forwarded."""
    info = scenario("T1", checks=CHECKS, tools_needed=("Read",))
    builder = RunBuilder(root, variants=(variant("direct"), variant("litellm")), scenarios=(info,))
    call = {"tools": NAMES} | exchange.pop("call", {})
    builder.exchange("litellm", "T1", body=sent, tools=NAMES, calls=[Call(body=arrived, **call)], **exchange)
    return build_results(builder.store).cell("litellm", "T1").checks


def request(messages: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A request with both tools."""
    return {"max_tokens": 9, "tools": TOOLS, "messages": messages, **fields}


@pytest.mark.parametrize(
    ("sent", "arrived", "verdict", "why"),
    [
        ("any", "any", "pass", "the choice of tools arrives with the same meaning"),
        ("auto", None, "not_applicable", "the client leaves it at its default"),
        ("auto", "auto", "not_applicable", "the client leaves it at its default"),
        (None, None, "not_applicable", "the client leaves it at its default"),
        (None, "auto", "not_applicable", "the client leaves it at its default"),
        ("none", "none", "pass", "the choice of tools arrives with the same meaning"),
        ("auto", "any", "fail", 'tool_choice "auto" arrived as "any"'),
        ("any", "auto", "fail", 'tool_choice "any" arrived as "auto"'),
        ("none", None, "fail", 'tool_choice "none" was dropped'),
        (None, "any", "fail", 'tool_choice "any" was added'),
    ],
)
def test_tool_choice_kept(
    tmp_path: Path, sent: str | None, arrived: str | None, verdict: str, why: str
) -> None:
    """auto said or left out is the same; everything else must arrive, and nothing may be put in its place."""
    bodies = [
        request(ASKED, **({"tool_choice": {"type": choice}} if choice else {})) for choice in (sent, arrived)
    ]
    found = judge(tmp_path, *bodies)["tool_choice_kept"]
    assert (found.verdict, found.why) == (verdict, why)


@pytest.mark.parametrize(
    ("sent", "arrived", "verdict"),
    [
        (None, None, "not_applicable"),
        (True, True, "pass"),
        (False, None, "not_applicable"),
        (True, None, "fail"),
        (None, True, "fail"),
    ],
)
def test_parallel_calls_kept(tmp_path: Path, sent: bool | None, arrived: bool | None, verdict: str) -> None:
    """Calls at once are neither forbidden nor allowed against the client's word."""
    bodies = [
        request(
            ASKED,
            tool_choice={"type": "auto"} | ({} if flag is None else {"disable_parallel_tool_use": flag}),
        )
        for flag in (sent, arrived)
    ]
    assert judge(tmp_path, *bodies)["parallel_calls_kept"].verdict == verdict


def test_a_request_without_tools_has_no_choice(tmp_path: Path) -> None:
    """Both checks are outside where there is nothing to choose among."""
    info = scenario("T1", checks=CHECKS)
    builder = RunBuilder(tmp_path, variants=(variant("direct"),), scenarios=(info,))
    builder.exchange("direct", "T1")
    checks = build_results(builder.store).cell("direct", "T1").checks
    for name in ("tool_choice_kept", "parallel_calls_kept"):
        assert (checks[name].verdict, checks[name].why) == ("not_applicable", "the request has no tools")
    assert checks["tool_history_kept"].why == "the conversation has no tool calls"
    assert checks["tool_ids_kept"].why == "no tool call has an id here"


def renamed(**ids: str) -> list[dict[str, Any]]:
    """The conversation with other ids, of calls and results alike."""
    messages = deepcopy(HISTORY)
    for message in messages[1:]:
        for block in message["content"]:
            for key in ("id", "tool_use_id"):
                if key in block:
                    block[key] = ids.get(block[key], block[key])
    return messages


def altered(message: int, block: int, **fields: Any) -> list[dict[str, Any]]:
    """The conversation with one block changed."""
    messages = deepcopy(HISTORY)
    messages[message]["content"][block] |= fields
    return messages


@pytest.mark.parametrize(
    ("arrived", "why"),
    [
        (HISTORY, None),
        (renamed(t1="call_1", t2="call_2"), None),
        ([*HISTORY[:2], {"role": "user", "content": HISTORY[2]["content"][::-1]}], None),
        (
            altered(1, 0, input={"file_path": "c"}),
            'the call of Read 1 of 2 "{\\"file_path\\":\\"a\\"}" arrived',
        ),
        (altered(2, 0, content="[cut]"), 'the result of Read 1 of 2 "alpha" arrived as "[cut]"'),
        (altered(2, 1, is_error=False), "the result of Read 2 of 2 has is_error false, not true"),
        (altered(2, 0, tool_use_id="t2"), 'the result of Read 1 of 2 names the call "t2", not "t1"'),
        (HISTORY[:1], 'the call of Read 1 of 2 with "{\\"file_path\\":\\"a\\"}" was dropped'),
        (
            [
                *HISTORY,
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "x", "name": "Spy", "input": {}}],
                },
            ],
            'a call of Spy with "{}" was added',
        ),
    ],
)
def test_tool_history_kept(tmp_path: Path, arrived: list[dict[str, Any]], why: str | None) -> None:
    """Names, arguments, contents and pairing count; ids and the order of results in one turn do not."""
    found = judge(tmp_path, request(HISTORY), request(arrived))["tool_history_kept"]
    assert found.verdict == ("fail" if why else "pass")
    assert found.why.startswith(why or "every tool call and result of the conversation arrives")


def test_an_error_flag_that_a_wire_has_no_place_for_is_no_fail(tmp_path: Path) -> None:
    """OpenAI's wires know errors only by their text."""
    calls = [
        {
            "id": name,
            "type": "function",
            "function": {"name": "Read", "arguments": f'{{"file_path":"{path}"}}'},
        }
        for name, path in (("t1", "a"), ("t2", "b"))
    ]
    chat = {
        "messages": [
            HISTORY[0],
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "t1", "content": "alpha"},
            {"role": "tool", "tool_call_id": "t2", "content": "beta"},
        ]
    }
    found = judge(tmp_path, request(HISTORY), chat, call={"wire": "chat"})
    assert found["tool_history_kept"].verdict == "pass"
    assert found["tool_ids_kept"].verdict == "pass"


def test_ids_are_a_check_of_their_own_to_the_provider(tmp_path: Path) -> None:
    """Other ids that still pair fail this check alone."""
    found = judge(tmp_path, request(HISTORY), request(renamed(t1="call_1")))
    assert (found["tool_history_kept"].verdict, found["tool_ids_kept"].verdict) == ("pass", "fail")
    assert found["tool_ids_kept"].why == 'the call of Read 1 of 2 has the id "call_1" in place of "t1"'


@pytest.mark.parametrize(
    ("got", "verdict"),
    [(("a", "b"), "pass"), (("b", "a"), "pass"), (("a", "c"), "fail"), (("", ""), "fail")],
)
def test_ids_are_a_check_of_their_own_to_the_client(
    tmp_path: Path, got: tuple[str, str], verdict: str
) -> None:
    """The client must be able to answer under the id that the provider gave."""
    given = tuple(ToolCall(id=name, name="Read", input={"file_path": "a"}) for name in ("a", "b"))
    reached = tuple(replace(call, id=name) for call, name in zip(given, got, strict=True))
    found = judge(tmp_path, request(ASKED), request(ASKED), call={"tool_calls": given}, tool_calls=reached)
    assert found["tool_ids_kept"].verdict == verdict
    assert found["tool_call_intact"].verdict == "pass"


@pytest.mark.parametrize(
    ("got", "verdict", "why"),
    [
        ([("a", "Read", {"n": 2})], "pass", "all ids of tool calls stay the same"),
        (
            [("z", "Read", {"n": 2})],
            "fail",
            'the provider\'s call of Read has the id "a", which the client gets',
        ),
        ([("a", "read", {"n": 1})], "pass", "all ids of tool calls stay the same"),
        (
            [("z", "read", {"n": 1})],
            "fail",
            'the provider\'s call of Read has the id "a", which the client gets',
        ),
        ([("b", "Read", {"n": 2}), ("a", "Read", {"n": 1})], "pass", "all ids of tool calls stay the same"),
        ([], "not_applicable", "no tool call arrived, so none has an id to compare"),
    ],
)
def test_a_call_that_arrives_changed_has_an_id_to_compare(
    tmp_path: Path, got: list[tuple[str, str, dict[str, Any]]], verdict: str, why: str
) -> None:
    """Other arguments or another name are another check's subject, and no reason to say that none came."""
    given = (ToolCall(id="a", name="Read", input={"n": 1}),)
    reached = tuple(ToolCall(*one) for one in got)
    plain = [{"role": "user", "content": "Go."}]
    found = judge(tmp_path, request(plain), request(plain), call={"tool_calls": given}, tool_calls=reached)
    assert found["tool_ids_kept"].verdict == verdict
    assert found["tool_ids_kept"].why.startswith(why)


@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        ({"n": 1}, {"n": 1}, "pass"),
        ({"n": 1.0}, {"n": 1}, "pass"),
        ({"n": True}, {"n": 1}, "fail"),
        ({"n": 9007199254740993}, {"n": 9007199254740992}, "fail"),
        ({"t": "e\u0301"}, {"t": "\u00e9"}, "fail"),
        ({}, {}, "pass"),
        ({"a": []}, {}, "fail"),
    ],
)
def test_arguments_are_compared_as_json(
    tmp_path: Path, given: dict[str, Any], got: dict[str, Any], verdict: str
) -> None:
    """true is not 1 there, 1.0 is, and every digit and code point counts."""
    calls = [ToolCall(id="a", name="Read", input=arguments) for arguments in (given, got)]
    found = judge(
        tmp_path, request(ASKED), request(ASKED), call={"tool_calls": (calls[0],)}, tool_calls=(calls[1],)
    )
    assert found["tool_call_intact"].verdict == verdict


FOREIGN = "functions.Read:0"


def test_ids_that_the_provider_refuses_may_be_repaired(tmp_path: Path) -> None:
    """The same legal id for call and result is no fault, and the reason says it."""
    sent, arrived = renamed(t1=FOREIGN), renamed(t1="functions_Read_0")
    found = judge(tmp_path / "a", request(sent), request(arrived))
    assert (found["tool_history_kept"].verdict, found["tool_ids_kept"].verdict) == ("pass", "pass")
    assert found["tool_ids_kept"].why.endswith(f'in place of "{FOREIGN}", which the messages wire refuses')
    both = judge(tmp_path / "b", request(renamed(t1=FOREIGN, t2="x.y")), request(renamed(t1="id", t2="id")))
    assert both["tool_ids_kept"].verdict == "fail"


@pytest.mark.parametrize(
    ("given", "got", "verdict"),
    [
        ((FOREIGN,), ("functions_Read_0",), "pass"),
        ((FOREIGN,), ("functions/Read",), "fail"),
        (("toolu_1",), ("toolu_2",), "fail"),
        ((FOREIGN, "x.y"), ("id", "id"), "fail"),
    ],
)
def test_ids_of_an_answer_that_the_clients_wire_refuses_may_be_repaired(
    tmp_path: Path, given: tuple[str, ...], got: tuple[str, ...], verdict: str
) -> None:
    """The client could not send such an id back; each still has one of its own."""
    made = tuple(ToolCall(id=one, name="Read", input={"file_path": "a"}) for one in given)
    reached = tuple(replace(call, id=one) for call, one in zip(made, got, strict=True))
    found = judge(tmp_path, request(ASKED), request(ASKED), call={"tool_calls": made}, tool_calls=reached)
    assert found["tool_ids_kept"].verdict == verdict


def tools_judged(
    root: Path, sent: list[Any], arrived: list[Any] | None, needed: tuple[str, ...] = (), **call: Any
) -> dict[str, CheckResult]:
    """What the checks of tools say where one list of tools was sent and another one forwarded."""
    info = scenario("T1", checks=("tools_kept", "tools_added"), tools_needed=needed)
    builder = RunBuilder(root, variants=(variant("direct"), variant("litellm")), scenarios=(info,))
    body = {"max_tokens": 9, "messages": ASKED}
    made = body if arrived is None else body | {"tools": arrived}
    builder.exchange(
        "litellm",
        "T1",
        body=body | ({"tools": sent} if sent else {}),
        tools=_names(sent),
        calls=[Call(body=made, tools=_names(arrived or ()), **call)],
    )
    return build_results(builder.store).cell("litellm", "T1").checks


def _names(tools: Any) -> tuple[str, ...]:
    return tuple(tool["function"]["name"] if "function" in tool else tool["name"] for tool in tools)


SHORT = BASH_TOOL | {"description": "Execute"}
STRICT = BASH_TOOL | {"strict": True}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}


@pytest.mark.parametrize(
    ("arrived", "needed", "verdict", "why"),
    [
        (TOOLS, ("Read",), "pass", "Read forwarded with all that was said of it"),
        ([READ_TOOL], ("Read",), "pass", "Read forwarded with all that was said of it"),
        ([READ_TOOL, SHORT], ("Read",), "pass", "Bash, not needed, has its description cut to 7 of"),
        ([READ_TOOL, SHORT], ("Bash",), "fail", "Bash has its description cut to 7 of"),
        ([READ_TOOL, SHORT], (), "fail", "Bash has its description cut to 7 of"),
        ([READ_TOOL, STRICT], ("Read",), "fail", "Bash has got strict true"),
        (TOOLS[::-1], ("Read",), "fail", "the tools arrived in another order"),
        ([READ_TOOL | {"description": ""}, BASH_TOOL], ("Read",), "fail", "Read lost its description"),
        ([], ("Read",), "fail", "Read was not forwarded"),
        ([], (), "not_applicable", "the scenario needs no tools"),
        (TOOLS, (), "not_applicable", "the scenario needs no tools"),
    ],
)
def test_tools_kept(
    tmp_path: Path, arrived: list[Any], needed: tuple[str, ...], verdict: str, why: str
) -> None:
    """Needed tools arrive as they are; others may be left out or shortened, but say nothing else."""
    found = tools_judged(tmp_path, TOOLS, arrived, needed)["tools_kept"]
    assert found.verdict == verdict
    assert why in found.why


def test_a_needed_tool_that_the_wire_has_none_of_is_not_judged(tmp_path: Path) -> None:
    """To leave it out is all that a gateway can do; to offer a function of its name is not."""
    gone = tools_judged(tmp_path / "a", [FETCH], None, ("web_fetch",), wire="chat")["tools_kept"]
    assert gone.verdict == "not_applicable"
    assert gone.why == "web_fetch was not forwarded: the chat wire has no web_fetch_20250910"
    function = {"type": "function", "function": {"name": "web_fetch"}}
    posing = tools_judged(tmp_path / "b", [FETCH], [function], ("web_fetch",), wire="chat")["tools_kept"]
    assert (posing.verdict, posing.why.partition(":")[2]) == ("fail", " the client would have to run it")


@pytest.mark.parametrize("wire", ["messages", "chat", "responses"])
def test_tools_added(tmp_path: Path, wire: str) -> None:
    """An empty list is one that nobody sent, on every wire."""
    assert tools_judged(tmp_path / "a", [], None, wire=wire)["tools_added"].verdict == "pass"
    empty = tools_judged(tmp_path / "b", [], [], wire=wire)["tools_added"]
    assert (empty.verdict, empty.why) == ("fail", "an empty list of tools was added")
    spy = tools_judged(tmp_path / "c", TOOLS, [*TOOLS, READ_TOOL | {"name": "Spy"}])["tools_added"]
    assert (spy.verdict, spy.why) == ("fail", "1 tools added: Spy")


def test_a_tool_under_a_legal_name_is_neither_gone_nor_added(tmp_path: Path) -> None:
    """A name that the provider refuses has to be replaced."""
    sent = [READ_TOOL | {"name": "fs.read"}]
    found = tools_judged(tmp_path, sent, [READ_TOOL | {"name": "fs_read"}], ("fs.read",))
    assert {name: one.verdict for name, one in found.items()} == {"tools_kept": "pass", "tools_added": "pass"}
    assert found["tools_kept"].why.endswith("fs.read is called fs_read")
