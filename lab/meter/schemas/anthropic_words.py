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
    where = ".".join(_place(first))
    words = _words(first)
    return Refusal(400, f"{where}: {words}" if where else words)


def _place(finding: Any) -> list[str]:
    """Where a finding is, as the provider says it: a cache mark is a union of one kind, a container too."""
    loc = [str(part) for part in finding["loc"] if not str(part).startswith("~")]
    if loc == ["container"] and finding["type"] == "dict_type":
        return ["container", "ContainerParams"]
    for at, part in enumerate(loc[:-1]):
        if part == "cache_control" and loc[at + 1] != "type":
            return [*loc[: at + 1], "ephemeral", *loc[at + 1 :]]
    return loc


def _words(finding: Any) -> str:
    kind = finding["type"]
    if kind.startswith("union_tag_") and not isinstance(finding["input"], dict):
        return "Input should be an object"
    if kind == "union_tag_invalid":
        given = finding["input"].get("type")
        named = ", ".join(f"'{one}'" for one in _tags(finding))
        return f"Input tag '{given}' found using 'type' does not match any of the expected tags: {named}"
    if kind == "union_tag_not_found":
        return "Field required"
    if kind in _NO_OBJECT and _is_plain(finding["loc"]):
        return "Input does not match the expected shape."
    field = finding["loc"][-1]
    if kind in ("greater_than_equal", "less_than_equal") and field in _RANGES:
        return _RANGES[field]
    return _WORDS.get(kind, str(finding["msg"]))


_RANGES = {
    "temperature": "range: 0..1",
    "top_p": "range: 0..1",
    "max_tokens": "must be greater than or equal to 0",
}
_NO_OBJECT = frozenset({"model_type", "model_attributes_type", "dict_type"})


def _is_plain(loc: Sequence[str | int]) -> bool:
    """Whether this is an object that is no union; of all others it is said that an object was expected."""
    if loc[0] == "system":
        return len(loc) == len(("system", "~items", 0))
    return tuple(loc) in (("metadata",), ("output_config",), ("container", "~items"))


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
