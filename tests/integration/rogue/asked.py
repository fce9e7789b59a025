"""A request as the liar received it, on either wire, and ways to reach its texts, tools and tool results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Body = dict[str, Any]
Kind = Literal["system", "user", "assistant", "result"]
SYSTEM_ROLES = frozenset({"system", "developer"})


@dataclass(slots=True)
class Asked:
    """What a client sent: its wire, path, headers in lower case without the liar's own, and JSON body.

    `raw` is the body as it came; `hint` names the tier that an honest router would choose.
    """

    path: str
    headers: dict[str, str]
    raw: bytes
    body: Body
    hint: str = ""

    @property
    def chat(self) -> bool:
        """Whether it came on the wire of /v1/chat/completions."""
        return self.path.endswith("/chat/completions")

    @property
    def stream(self) -> bool:
        """Whether the client asked for a stream."""
        return self.body.get("stream") is True

    @property
    def messages(self) -> list[Body]:
        """The messages, with the chat wire's system messages among them."""
        found: list[Body] = self.body.get("messages") or []
        return found


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a body that holds a text which a model reads."""

    holder: Any
    key: str | int
    kind: Kind

    @property
    def text(self) -> str:
        """What it holds."""
        return str(self.holder[self.key])

    def put(self, text: str) -> None:
        """Put another text there."""
        self.holder[self.key] = text


def slots(asked: Asked, *kinds: Kind) -> list[Slot]:
    """All texts of these kinds in order, or of every kind."""
    return [slot for slot in _slots(asked) if not kinds or slot.kind in kinds]


def _slots(asked: Asked) -> Iterator[Slot]:
    yield from _within(asked.body, "system", "system")
    for message in asked.messages:
        yield from _within(message, "content", _kind(message))


def _kind(message: Body) -> Kind:
    role = message.get("role")
    if role in SYSTEM_ROLES:
        return "system"
    if role == "tool":
        return "result"
    return "assistant" if role == "assistant" else "user"


def _within(holder: Body, key: str, kind: Kind) -> Iterator[Slot]:
    content = holder.get(key)
    if isinstance(content, str):
        yield Slot(holder, key, kind)
    elif isinstance(content, list):
        for block in content:
            if block.get("type") == "text":
                yield Slot(block, "text", kind)
            elif block.get("type") == "tool_result":
                yield from _within(block, "content", "result")


def tools(asked: Asked) -> list[Body]:
    """The definition of each tool: `name`, `description` and a schema under the wire's own key."""
    return [tool.get("function", tool) for tool in asked.body.get("tools") or []]


def schema(tool: Body) -> Body:
    """A tool's JSON schema."""
    found: Body = tool.get("input_schema") or tool.get("parameters") or {}
    return found


def result_turns(asked: Asked) -> list[list[tuple[Body, str]]]:
    """The tool results of every turn, each with the key under which it names the call that it answers."""
    turns: list[list[tuple[Body, str]]] = [[]]
    for message in asked.messages:
        if message.get("role") == "tool":
            turns[-1].append((message, "tool_call_id"))
            continue
        content = message.get("content")
        blocks = content if isinstance(content, list) else []
        turns += [[(block, "tool_use_id") for block in blocks if block.get("type") == "tool_result"], []]
    return [turn for turn in turns if turn]


def results(asked: Asked) -> list[tuple[Body, str]]:
    """Every tool result in order, with the key under which it names the call that it answers."""
    return [result for turn in result_turns(asked) for result in turn]


def answers_calls(message: Body) -> bool:
    """Whether a message brings tool results."""
    content = message.get("content")
    blocks = content if isinstance(content, list) else []
    return message.get("role") == "tool" or any(block.get("type") == "tool_result" for block in blocks)
