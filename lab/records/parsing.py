"""Records from their JSON lines; whatever is damaged or foreign is named by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import ValidationError

from lab.errors import RecordsError
from lab.records.models import SCHEMA, Record

Parsed = TypeVar("Parsed", bound=Record)


def parse(kind: type[Parsed], path: Path, number: int, raw: bytes) -> Parsed:
    """A record from its JSON; a wrong schema is named before anything else that may be wrong with it."""
    try:
        record = kind.model_validate_json(raw)
    except ValidationError as exc:
        _require_schema(path, number, raw)
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        raise _damaged(path, number, f"{where}: {first['msg']}") from exc
    if "schema_" not in record.model_fields_set or getattr(record, "schema_", None) != SCHEMA:
        _require_schema(path, number, raw)
    return record


def _require_schema(path: Path, number: int, raw: bytes) -> None:
    schema = _json_object(path, number, raw).get("schema")
    if schema != SCHEMA:
        raise _damaged(path, number, f"schema {schema!r} is not the schema {SCHEMA} of this lab")


def _json_object(path: Path, number: int, raw: bytes) -> dict[str, object]:
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        raise _damaged(path, number, f"not{'' if number else ' whole, or not'} JSON ({exc.msg})") from exc
    if not isinstance(data, dict):
        raise _damaged(path, number, "not a JSON object")
    return data


def string_of(path: Path, number: int, raw: bytes, key: str) -> str | None:
    """A string of a record's JSON, without looking at the rest of it."""
    value = _json_object(path, number, raw).get(key)
    if value is not None and not isinstance(value, str):
        raise _damaged(path, number, f"{key}: not a string")
    return value


def id_of(path: Path, number: int, raw: bytes) -> str:
    """The id of a record's JSON, without looking at the rest of it."""
    found = string_of(path, number, raw, "id")
    if found is None:
        raise _damaged(path, number, "it has no id")
    return found


def _damaged(path: Path, number: int, what: str) -> RecordsError:
    if not number:
        return RecordsError(
            f"{path}: this run cannot be read, as its manifest is no record of a run: {what}",
            next_step="render another run that `lab list` shows, render with the lab version that wrote this "
            "one, or run the comparison again",
        )
    return RecordsError(
        f"{path}:{number}: this is not a record of a run: {what}",
        next_step=(
            "remove the line if it was added by hand, render with the lab version that wrote the run, "
            "or run the comparison again"
        ),
    )
