"""Rules of /v1/messages on cache marks."""

from __future__ import annotations

from typing import Any

from lab.meter.rules import sources as src
from lab.meter.rules.rule import Ask, Body, Example, bad, rule
from lab.meter.rules.turns import placed

_MOST_MARKS = 4
_SHORT = {"type": "ephemeral"}
_LONG = {"type": "ephemeral", "ttl": "1h"}
_TOOL = {"name": "t", "input_schema": {"type": "object"}}
_ORDER = (
    "{0}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control "
    "block. "
    "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
)
_MOST = "A maximum of 4 blocks with cache_control may be provided. Found {0}."


def _text(mark: Body | None = None) -> Body:
    return {"type": "text", "text": "x"} | ({"cache_control": mark} if mark else {})


def _user(*blocks: Body, **fields: Any) -> Body:
    return {"messages": [{"role": "user", "content": list(blocks)}], **fields}


@rule(
    "messages/cache-marks",
    "More than 4 cache marks; the one for the whole request counts if the last block has none",
    source=src.CLAUDE_CACHING,
    date=src.CLAUDE_READ,
    legal=(
        Example(_user(*[_text(_SHORT)] * 4)),
        Example(_user(*[_text(_SHORT)] * 3, _text(), cache_control=_SHORT)),
        Example(_user(*[_text(_SHORT)] * 4, cache_control=_SHORT)),
    ),
    illegal=(
        Example(_user(*[_text(_SHORT)] * 5), _MOST.format(5)),
        Example(
            _user(*[_text(_SHORT)] * 3, system=[_text(_SHORT)], tools=[{**_TOOL, "cache_control": _SHORT}]),
            _MOST.format(5),
        ),
        Example(_user(*[_text(_SHORT)] * 4, _text(), cache_control=_SHORT), _MOST.format(5)),
    ),
)
def _marks(ask: Ask) -> None:
    blocks = [block for _, block in placed(ask.body)]
    found = sum(1 for block in blocks if block.get("cache_control"))
    if ask.body.get("cache_control") and blocks and not blocks[-1].get("cache_control"):
        found += 1
    if found > _MOST_MARKS:
        raise bad(_MOST.format(found))


@rule(
    "messages/cache-order",
    "A mark of 1 hour after one of 5 minutes, in the order tools, system, messages",
    source="https://github.com/cnighswonger/claude-code-cache-fix/issues/44",
    date="2026-04-19",
    legal=(
        Example(_user(_text(_SHORT), system=[_text(_LONG)])),
        Example(_user(_text(_LONG), system=[_text(_LONG)])),
    ),
    illegal=(
        Example(_user(_text(_LONG), system=[_text(_SHORT)]), _ORDER.format("messages.0.content.0")),
        Example(_user(_text(_SHORT), _text(_LONG)), _ORDER.format("messages.0.content.1")),
        Example(
            _user(_text(), system=[_text(_LONG)], tools=[{**_TOOL, "cache_control": _SHORT}]),
            _ORDER.format("system.0"),
        ),
    ),
)
def _order(ask: Ask) -> None:
    short = False
    for where, block in placed(ask.body):
        mark = block.get("cache_control")
        if not isinstance(mark, dict):
            continue
        if mark.get("ttl") == "1h" and short:
            raise bad(_ORDER.format(where))
        short = short or mark.get("ttl") != "1h"
