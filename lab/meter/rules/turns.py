"""Conversations on /v1/messages as the provider reads them: blocks, and turns of one role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]
Turn = list[tuple[int, int, Block]]  # index of the message, of the block, and the block


def blocks(content: Any) -> list[Block]:
    """A content's blocks; a text is one, an empty text none."""
    return content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []


def turns(messages: list[dict[str, Any]]) -> Iterator[tuple[str, Turn]]:
    """Consecutive messages of one role as one turn, as the provider combines them; system is left out."""
    role, turn = "", Turn()
    for index, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if message["role"] != role and role:
            yield role, turn
            turn = []
        role = message["role"]
        turn += [(index, n, block) for n, block in enumerate(blocks(message["content"]))]
    if role:
        yield role, turn


def placed(body: dict[str, Any]) -> Iterator[tuple[str, Block]]:
    """Every block of a request with its place in it, in the order tools, system, messages."""
    for index, tool in enumerate(body.get("tools") or ()):
        yield f"tools.{index}", tool
    for n, block in enumerate(blocks(body.get("system"))):
        yield f"system.{n}", block
    for index, message in enumerate(body["messages"]):
        for n, block in enumerate(blocks(message["content"])):
            where = f"messages.{index}.content.{n}"
            yield where, block
            for m, inner in enumerate(_inner(block)):
                yield f"{where}.{block['type']}.content.{m}", inner


def _inner(block: Block) -> list[Block]:
    if block["type"] == "tool_result":
        return blocks(block.get("content"))
    source = block.get("source")
    if block["type"] == "document" and isinstance(source, dict) and source.get("type") == "content":
        return blocks(source.get("content"))
    return []
