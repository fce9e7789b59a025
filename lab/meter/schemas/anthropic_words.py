"""Pydantic's findings in the words of Anthropic's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from lab.meter.refusal import Refusal
from lab.meter.schemas.anthropic import CHOICES, THINKING, TOOLS
from lab.meter.schemas.anthropic_blocks import BLOCKS, RESULT_BLOCKS

_WORDS = {
    "missing": "Field required",
    "extra_forbidden": "Extra inputs are not permitted",
    "list_type": "Input should be a valid array",
    "dict_type": "Input should be an object",
    "model_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
}


def refusal(error: ValidationError) -> Refusal:
    """The first finding as the provider would report it."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if not str(part).startswith("~"))
    words = _words(first)
    return Refusal(400, f"{where}: {words}" if where else words)


def _words(finding: Any) -> str:
    kind = finding["type"]
    if kind == "union_tag_invalid":
        given = finding["input"].get("type") if isinstance(finding["input"], dict) else None
        named = ", ".join(f"'{one}'" for one in _tags(finding))
        return f"Input tag '{given}' found using 'type' does not match any of the expected tags: {named}"
    if kind == "union_tag_not_found":
        return "Input should be an object" if not isinstance(finding["input"], dict) else "Field required"
    field = finding["loc"][-1]
    if kind in ("greater_than_equal", "less_than_equal") and field in ("temperature", "top_p"):
        return "range: 0..1"
    if kind == "greater_than_equal" and field == "max_tokens":
        return "must be greater than or equal to 0"
    return _WORDS.get(kind, str(finding["msg"]))


def _tags(finding: Any) -> Sequence[str]:
    """The kinds that the general API knows in this place."""
    place = [part for part in finding["loc"] if isinstance(part, str) and not part.startswith("~")]
    known = _TAGS.get(place[-1])
    if known is not None:
        return RESULT_BLOCKS if place[-2:] == ["tool_result", "content"] else known
    # Plain unions: pydantic has the tags, in the order of the models.
    return sorted(finding["ctx"]["expected_tags"].replace("'", "").split(", "))


_TAGS: Mapping[str, Sequence[str]] = {
    "content": BLOCKS,
    "tools": TOOLS,
    "tool_choice": CHOICES,
    "thinking": THINKING,
}
