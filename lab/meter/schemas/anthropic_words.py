"""Pydantic's findings in the words of Anthropic's API."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from lab.meter.refusal import Refusal

# Unions in the provider's model that are one object in this one.
_TAGGED = {"thinking.budget_tokens": "thinking.enabled.budget_tokens"}
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
    where = _TAGGED.get(where, where)
    words = _words(first)
    return Refusal(400, f"{where}: {words}" if where else words)


def _words(finding: Any) -> str:
    kind = finding["type"]
    if kind == "union_tag_invalid":
        given = finding["input"].get("type") if isinstance(finding["input"], dict) else None
        return f"Input tag '{given}' found using 'type' does not match any of the expected tags"
    field = finding["loc"][-1]
    if kind in ("greater_than_equal", "less_than_equal") and field in ("temperature", "top_p"):
        return "range: 0..1"
    if kind == "greater_than_equal" and field == "max_tokens":
        return "must be greater than or equal to 0"
    return _WORDS.get(kind, str(finding["msg"]))
