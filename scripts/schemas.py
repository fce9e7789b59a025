"""JSON Schemas of everything that the lab reads and writes, from its own models.

Files under configs/ are checked after fixtures, tool sets and generated payloads have been put in. What their
authors write in place of these is added to the schemas here, from what the loaders accept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel

from lab.checks import registered
from lab.config.models import LabConfig, SystemConfig
from lab.config.scenarios import Suite
from lab.loading.own_prompts import OwnPrompt
from lab.records.manifest import Manifest
from lab.records.models import ExchangeRecord, UpstreamRecord
from lab.report.build import results_model
from lab.scenarios.payloads import CONVERSATION, SEED_CHARS, SHAPES, TOKENS, TURNS
from lab.topics.vendor_claims.measure import measures

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# Files of a run and their models. Records as they are read: what later versions add may be missing.
RUN_FILES: Final[Mapping[str, tuple[type[BaseModel], Mode, str]]] = {
    "manifest": (Manifest, "validation", "manifest.json"),
    "exchange": (ExchangeRecord, "validation", "a line of exchanges.jsonl"),
    "upstream-call": (UpstreamRecord, "validation", "a line of upstream.jsonl"),
    "results": (results_model(), "serialization", "results.json"),
}

_SEED: Final[Json] = {"type": "string", "minLength": 1, "maxLength": SEED_CHARS}
REFERENCES: Final[dict[str, Json]] = {
    "Fixture": {
        "title": "Fixture",
        "description": "A file below configs/ (for own prompts, below their folder), put in its place.",
        "type": "object",
        "properties": {"fixture": {"type": "string"}},
        "required": ["fixture"],
        "additionalProperties": False,
    },
    "Toolset": {
        "title": "Toolset",
        "description": "The tools of a file below configs/, or only those that are named.",
        "type": "object",
        "properties": {
            "toolset": {"type": "string"},
            "only": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["toolset"],
        "additionalProperties": False,
    },
    "GeneratedPayload": {
        "title": "GeneratedPayload",
        "description": "A payload of so many tokens, made of a seed alone; under facts, the facts in it.",
        "type": "object",
        "properties": {
            "generate": {"enum": list(SHAPES)},
            "tokens": {"type": "integer", "minimum": TOKENS[0], "maximum": TOKENS[1]},
            "seed": _SEED,
        },
        "required": ["generate", "tokens", "seed"],
        "additionalProperties": False,
    },
    "GeneratedConversation": {
        "title": "GeneratedConversation",
        "description": "A conversation of so many turns; one item of messages, or under facts, its facts.",
        "type": "object",
        "properties": {
            "generate": {"const": CONVERSATION},
            "turns": {"type": "integer", "minimum": TURNS[0], "maximum": TURNS[1]},
            "seed": _SEED,
            "tools": {"type": "boolean"},
        },
        "required": ["generate", "turns", "seed"],
        "additionalProperties": False,
    },
}
_TEXT: Final = ("Fixture", "GeneratedPayload")


def schemas() -> dict[str, Json]:
    """Every schema by the name of its file, without .json."""
    found = {
        "lab": _schema(LabConfig, "validation", "configs/lab.yaml"),
        "system": _system(),
        "suite": _authored(_schema(Suite, "validation", "configs/scenarios/*.yaml")),
        "own-prompt": _own_prompt(),
    }
    return found | {name: _schema(*given) for name, given in RUN_FILES.items()}


def text_of(schema: Json) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel], mode: Mode, title: str) -> Json:
    found = {"$schema": DIALECT} | model.model_json_schema(mode=mode) | {"title": title}
    _close(found)
    return found


def _close(schema: Any) -> None:
    """Keys that match no pattern are errors in the lab, so that they are errors here."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        for item in schema.values():
            _close(item)
    elif isinstance(schema, list):
        for item in schema:
            _close(item)


def _system() -> Json:
    """A system's file, in which the measures of claims are those that are registered."""
    schema = _schema(SystemConfig, "validation", "configs/systems/*.yaml")
    schema["$defs"]["VendorClaim"]["properties"]["measure"]["enum"] = [one.name for one in measures()]
    return schema


def _own_prompt() -> Json:
    """A user's own prompt: one of `prompt` and `messages`, and whatever else it wants to say."""
    schema = _authored(_schema(OwnPrompt, "validation", "a .yaml file of --scenarios"), root=True)
    del schema["required"]
    return schema | {"oneOf": [{"required": ["prompt"]}, {"required": ["messages"]}]}


def _authored(schema: Json, *, root: bool = False) -> Json:
    """What authors write: references in place of what the loader puts in, and names that are registered."""
    schema["$defs"] |= REFERENCES
    scenario = schema if root else schema["$defs"]["Scenario"]
    fields = scenario["properties"]
    fields["tools"] = _or(fields["tools"], "Toolset")
    fields["facts"] = _or(fields["facts"], "Fixture", "GeneratedPayload", "GeneratedConversation")
    fields["system"] = _or(fields["system"], *_TEXT)
    message = fields["messages"]["items"] | {"not": {"required": ["generate"]}}
    fields["messages"]["items"] = _or(message, "GeneratedConversation")
    answer = schema["$defs"]["ScriptedAnswer"]["properties"]
    answer["text"] = _or(answer["text"], *_TEXT)
    for model in (schema, scenario):
        if "checks" in model["properties"]:
            model["properties"]["checks"]["items"] = {"enum": [entry.name for entry in registered()]}
    return schema


def _or(field: Json, *references: str) -> Json:
    """A field that may also be one of these references."""
    kept = {key: field.pop(key) for key in ("title", "default", "description") if key in field}
    options = field.pop("anyOf", None) or [dict(field)]
    return kept | {"anyOf": [*options, *({"$ref": f"#/$defs/{name}"} for name in references)]}
