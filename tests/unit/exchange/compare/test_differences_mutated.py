"""No change to a rich request goes unseen on its own wire, but those that are another notation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any, Final

import pytest

from lab import wires
from lab.exchange.compare.differences import compare

Path = tuple[str | int, ...]
Changed = tuple[str, str, dict[str, Any]]

PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
URL = "data:image/png;base64,iVBORw0KGgo="
HOUR = {"type": "ephemeral", "ttl": "1h"}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "a": {"type": "string", "description": "The path.", "enum": ["x", "y"]},
        "b": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"c": {"type": "integer", "minimum": 1}},
                "required": ["c"],
                "additionalProperties": False,
            },
        },
        "d": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "e": {"$ref": "#/$defs/E"},
    },
    "required": ["a", "b"],
    "$defs": {"E": {"type": "string", "format": "uri"}},
}
MESSAGES: Final[dict[str, Any]] = {
    "max_tokens": 9,
    "system": [
        {"type": "text", "text": "Be kind."},
        {"type": "text", "text": "Be brief.", "cache_control": HOUR},
    ],
    "tools": [
        {
            "name": "Read",
            "description": "Read a file.",
            "input_schema": SCHEMA,
            "strict": True,
            "input_examples": [{"a": "x"}],
            "allowed_callers": ["direct", "code_execution_20250825"],
            "eager_input_streaming": True,
        },
        {
            "name": "Edit",
            "description": "Edit.",
            "input_schema": {"type": "object", "properties": {}},
            "defer_loading": True,
            "cache_control": HOUR,
        },
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "max_uses": 2,
            "allowed_domains": ["a.org"],
            "user_location": {"type": "approximate", "city": "Rome"},
        },
        {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"},
        {
            "type": "mcp_toolset",
            "mcp_server_name": "w",
            "default_config": {"enabled": False},
            "configs": {"x": {"enabled": True}},
        },
        {"type": "computer_20250124", "name": "computer", "display_width_px": 10, "display_height_px": 20},
        {"type": "bash_20250124", "name": "bash"},
    ],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Go."},
                {"type": "image", "source": PNG},
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "Quiet."},
                    "title": "T",
                    "context": "C",
                    "citations": {"enabled": True},
                },
                {
                    "type": "document",
                    "source": {
                        "type": "content",
                        "content": [{"type": "text", "text": "p one"}, {"type": "text", "text": "p two"}],
                    },
                    "title": "U",
                },
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                },
                {"type": "image", "source": {"type": "url", "url": "https://a.org/b.png"}},
                {
                    "type": "search_result",
                    "title": "House",
                    "source": "https://a.org",
                    "content": [{"type": "text", "text": "Quiet at 22."}],
                    "citations": {"enabled": True},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "So.", "signature": "abc"},
                {"type": "redacted_thinking", "data": "zzz"},
                {
                    "type": "text",
                    "text": "I look.",
                    "citations": [
                        {
                            "type": "char_location",
                            "cited_text": "q",
                            "document_index": 0,
                            "document_title": "T",
                            "start_char_index": 0,
                            "end_char_index": 1,
                        }
                    ],
                },
                {
                    "type": "server_tool_use",
                    "id": "s1",
                    "name": "web_search",
                    "input": {"query": "q"},
                    "caller": {"type": "code_execution_20250825", "tool_id": "k"},
                },
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "s1",
                    "content": [
                        {
                            "type": "web_search_result",
                            "url": "https://a.org",
                            "title": "A",
                            "encrypted_content": "x",
                            "page_age": "1d",
                        }
                    ],
                },
                {"type": "mcp_tool_use", "id": "m1", "name": "x", "server_name": "w", "input": {"z": 1}},
                {
                    "type": "mcp_tool_result",
                    "tool_use_id": "m1",
                    "is_error": True,
                    "content": [{"type": "text", "text": "no"}],
                },
                {
                    "type": "tool_use",
                    "id": "t1",
                    "name": "Read",
                    "input": {"a": "x", "b": [{"c": 1}, {"c": 2}]},
                },
                {"type": "tool_use", "id": "t2", "name": "Edit", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [
                        {"type": "text", "text": "r one"},
                        {"type": "image", "source": PNG},
                        {"type": "text", "text": "r two"},
                        {"type": "tool_reference", "tool_name": "Edit"},
                    ],
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "t2",
                    "is_error": True,
                    "content": "failed",
                    "cache_control": HOUR,
                },
                {"type": "text", "text": "Now?"},
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "Well."}]},
        {"role": "user", "content": "And then?"},
    ],
}
CHAT: Final[dict[str, Any]] = {
    "tools": [
        {
            "type": "function",
            "function": {"name": "Read", "description": "Read a file.", "parameters": SCHEMA, "strict": True},
        },
        {
            "type": "custom",
            "custom": {
                "name": "p",
                "description": "d",
                "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: a"}},
            },
        },
    ],
    "tool_choice": {"type": "function", "function": {"name": "Read"}},
    "parallel_tool_calls": False,
    "messages": [
        {"role": "developer", "content": "Be kind."},
        {
            "role": "user",
            "name": "anna",
            "content": [
                {"type": "text", "text": "Go."},
                {"type": "image_url", "image_url": {"url": URL, "detail": "high"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
                },
                {"type": "file", "file": {"file_id": "f1"}},
            ],
        },
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "I look."}],
            "refusal": None,
            "tool_calls": [
                {
                    "id": "t1",
                    "type": "function",
                    "function": {"name": "Read", "arguments": '{"a":"x","b":[1,2]}'},
                },
                {"id": "t2", "type": "custom", "custom": {"name": "p", "input": "a b"}},
            ],
        },
        {
            "role": "tool",
            "tool_call_id": "t1",
            "content": [{"type": "text", "text": "r one"}, {"type": "text", "text": "r two"}],
        },
        {"role": "tool", "tool_call_id": "t2", "content": "r"},
        {"role": "assistant", "refusal": "No.", "content": None},
        {"role": "assistant", "audio": {"id": "au1"}},
        {"role": "user", "content": "And?"},
    ],
}
RESPONSES: Final[dict[str, Any]] = {
    "instructions": "Be kind.",
    "tools": [
        {
            "type": "function",
            "name": "Read",
            "description": "Read a file.",
            "parameters": SCHEMA,
            "strict": False,
        },
        {
            "type": "custom",
            "name": "p",
            "description": "d",
            "format": {"type": "grammar", "syntax": "lark", "definition": "start: a"},
        },
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["a.org"]},
            "search_context_size": "high",
            "user_location": {"type": "approximate", "city": "Rome"},
        },
        {
            "type": "mcp",
            "server_label": "w",
            "server_url": "https://w",
            "require_approval": "never",
            "allowed_tools": ["x"],
            "headers": {"k": "v"},
        },
        {"type": "file_search", "vector_store_ids": ["v"], "max_num_results": 3},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "image_generation", "size": "1024x1024"},
        {
            "type": "namespace",
            "name": "crm",
            "description": "d",
            "tools": [
                {
                    "type": "function",
                    "name": "q",
                    "parameters": {"type": "object", "properties": {}},
                    "strict": True,
                    "defer_loading": True,
                }
            ],
        },
    ],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "input": [
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Go."},
                {"type": "input_image", "image_url": URL, "detail": "high"},
                {"type": "input_image", "file_id": "f2", "detail": "low"},
                {
                    "type": "input_file",
                    "filename": "a.pdf",
                    "file_data": "data:application/pdf;base64,JVBERi0=",
                },
                {"type": "input_file", "file_url": "https://a.org/a.pdf"},
                {"type": "input_file", "file_id": "f1"},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "So."}],
            "content": [{"type": "reasoning_text", "text": "Deep."}],
            "encrypted_content": "enc",
        },
        {
            "type": "message",
            "role": "assistant",
            "phase": "commentary",
            "id": "m1",
            "status": "completed",
            "content": [
                {
                    "type": "output_text",
                    "text": "I look.",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://a.org",
                            "title": "A",
                            "start_index": 0,
                            "end_index": 1,
                        }
                    ],
                },
                {"type": "refusal", "refusal": "No."},
            ],
        },
        {
            "type": "function_call",
            "id": "fc1",
            "call_id": "c1",
            "name": "Read",
            "arguments": '{"a":"x"}',
            "namespace": "crm",
        },
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": [{"type": "input_text", "text": "r"}, {"type": "input_image", "image_url": URL}],
        },
        {"type": "custom_tool_call", "call_id": "c2", "name": "p", "input": "a b"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"},
        {
            "type": "web_search_call",
            "id": "ws1",
            "status": "completed",
            "action": {"type": "search", "query": "q"},
        },
        {"type": "item_reference", "id": "x1"},
        {
            "type": "local_shell_call",
            "id": "l1",
            "call_id": "c3",
            "status": "completed",
            "action": {"type": "exec", "command": ["ls"], "env": {}},
        },
        {"type": "local_shell_call_output", "id": "l1", "output": "x"},
        {"type": "mcp_call", "id": "mc1", "name": "x", "server_label": "w", "arguments": "{}", "output": "o"},
        {"role": "user", "content": "And?"},
    ],
}
BODIES: Final = {"messages": MESSAGES, "chat": CHAT, "responses": RESPONSES}

# Another notation, or nothing that a provider would take: by what was changed, and its path.
_SAME: Final = {
    "white space at the end of a text": r"space .*(text|content|instructions|refusal|output)",
    "white space in base64 or JSON": r"space .*(data|url|arguments)",
    "sets with one more of the same": r"twice .*(enum|required|anyOf)",
    "sets in another order": r"swap .*(enum|required|anyOf|allowed_callers)\.\d",
    "definitions that nothing refers to": r"added .*\$defs",
    "empty properties": r"(gone|emptied) tools\.(1\.input_schema|7\.tools\.0\.parameters)\.properties",
    "an input that is empty": r"emptied .*\.(input|env)",
    "the usual type of something": r"\w+ .*(cache_control|user_location|input\.[02])\.type",
    "a type that the rest of a block tells": r"\w+ (.*source\.type|tools\.\d\.type|.*tool_calls\.\d\.type)",
    "ids and states of items": r"\w+ input\.[123]\.(id|status)",
    "a role that is not known, or left out": r"\w+ (messages|input)\.\d+\.role",
    "results before the texts of their turn": r"swap messages\.2\.content\.\d|swap messages\.3",
    "what a text document is always of": r"\w+ messages\.0\.content\.2\.source\.media_type",
    "fields that nobody knows": r"added messages\.0\.content\.[23]\.source|"
    r"added (messages\.[34]|input\.1.*|input\.2\.content\.1)",
    "nothing at all": r"(gone messages\.\d\.(refusal|content)|case input.*arguments)",
}


def paths(given: Any, path: Path = ()) -> Iterator[Path]:
    """All places in a JSON value."""
    yield path
    inner = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    for key, one in inner:
        yield from paths(one, (*path, key))


def at(given: Any, path: Path) -> Any:
    """What stands in a place."""
    for key in path:
        given = given[key]
    return given


def values(given: Any) -> Iterator[tuple[str, Any]]:
    """What a value may become."""
    if isinstance(given, str):
        yield from {
            "longer": given + "x",
            "prefixed": "x" + given,
            "emptied": "",
            "space": given + " ",
            "case": given.swapcase(),
        }.items()
    elif isinstance(given, bool):
        yield "other", not given
    elif isinstance(given, int):
        yield "other", given + 1
    elif given:
        yield "emptied", type(given)()


def mutants(body: dict[str, Any]) -> Iterator[Changed]:
    """Every body with one thing changed: its kind, its path, and the body."""
    for path in paths(body):
        given, name = at(body, path), ".".join(map(str, path))
        for what, value in values(given) if path else ():
            yield what, name, _with(body, path[:-1], lambda o, v=value, k=path[-1]: o.__setitem__(k, v))
        if path:
            yield "gone", name, _with(body, path[:-1], lambda o, k=path[-1]: o.__delitem__(k))
        if isinstance(given, dict):
            yield "added", name, _with(body, path, lambda o: o.update(a_new_field="n"))
        if isinstance(given, list):
            yield "twice", name, _with(body, path, lambda o: o.append(deepcopy(o[-1])))
            for n, (one, other) in enumerate(pairwise(given)):
                if one != other:
                    yield (
                        "swap",
                        f"{name}.{n}",
                        _with(body, path, lambda o, n=n: o.insert(n, o.pop(n + 1))),
                    )


def _with(body: dict[str, Any], path: Path, change: Any) -> dict[str, Any]:
    body = deepcopy(body)
    change(at(body, path))
    return body


@pytest.mark.parametrize("kind", BODIES)
def test_no_change_goes_unseen(kind: str) -> None:
    """Of some thousand changes none is missed, and a request is equal to itself."""
    sent = wires.read_request(kind, BODIES[kind])
    assert compare(kind, sent, kind, sent).found == ()
    missed = []
    for what, path, body in mutants(BODIES[kind]):
        arrived = wires.read_request(kind, body)
        counted = [one for one in compare(kind, sent, kind, arrived).found if one.excuse is None]
        change = f"{what} {path}"
        if not counted and not any(re.fullmatch(pattern, change) for pattern in _SAME.values()):
            missed.append(change)
    assert missed == []
