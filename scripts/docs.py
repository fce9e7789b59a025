"""`make docs`: writes pages under docs/, and docs/schemas/, from the lab's own models and constants."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lab.checks import check_infos, claims
from lab.exchange.compare import efforts
from lab.exchange.facts import search
from lab.figures import latency, spread
from lab.run.client import TRANSIENT_STATUS
from lab.topics.routing import accuracy
from lab.wires import KINDS, params, units
from scripts import rules
from scripts.schemas import RUN_FILES, Json, schemas, text_of

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = "docs/data-format.md"
RULES: Final = "docs/provider-rules.md"
TEMPLATES: Final = ROOT / "docs" / "templates"
SCHEMAS: Final = "docs/schemas"


def files() -> dict[str, str]:
    """Every generated file by its path in the repository."""
    found = schemas()
    pages = {PAGE: page(found), RULES: rules.page()}
    return pages | {f"{SCHEMAS}/{name}.json": text_of(one) for name, one in found.items()}


def page(found: Mapping[str, Json]) -> str:
    """The page on a run's data: prose from its template, numbers and tables from the code."""
    known: set[str] = set()
    tables = {name: "\n".join(_tables(found[name], known)) for name in RUN_FILES}
    return (
        Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - Markdown of our own
            keep_trailing_newline=True,
        )
        .get_template("data-format.md")
        .render(tables=tables, checks=check_infos(), kinds=KINDS, **constants())
    )


def constants() -> dict[str, Any]:
    """The numbers that figures depend on, by the names that the template has for them."""
    return {
        "units": units.UNITS,
        "defaults": params.DEFAULTS,
        "thinking_models": " or ".join(f"`{name}`" for name in params.THINKS_ANYWAY),
        "bands": efforts.BANDS,
        "adaptive": " or ".join(sorted(efforts.ADAPTIVE)),
        "adaptive_default": efforts.DEFAULT,
        "p95_samples": latency.P95_SAMPLES,
        "interval_pairs": latency.INTERVAL_PAIRS,
        "median_resamples": latency.RESAMPLES,
        "accuracy_prompts": accuracy.INTERVAL_PROMPTS,
        "accuracy_resamples": latency.RESAMPLES,
        "cost_resamples": spread.RESAMPLES,
        "cost_repeats": spread.FEWEST_REPEATS,
        "usage_percent": f"{claims.USAGE_SHARE:.0%}".replace("%", " %"),
        "usage_tokens": claims.USAGE_TOKENS,
        "slack": search.SLACK,
        "transient": ", ".join(map(str, sorted(TRANSIENT_STATUS))),
    }


def _tables(schema: Json, known: set[str]) -> Iterator[str]:
    """A table per model, in the order in which the models are met; each is written once on a page."""
    waiting = [(schema["title"], schema)]
    while waiting:
        name, model = waiting.pop(0)
        if name in known:
            continue
        known.add(name)
        waiting += [(one, schema["$defs"][one]) for one in _referred(model)]
        yield from _table(name, model)


def _table(name: str, model: Json) -> Iterator[str]:
    if "properties" not in model:
        return
    said = re.sub(r"\bNone\b", "null", model.get("description", "").strip())
    if name != model.get("title") or "$defs" not in model:  # the file's own heading is in the template
        yield f"### {name}\n"
    yield f"{said}\n"
    yield "| field | value | if it is missing |\n|---|---|---|"
    needed = set(model.get("required", ()))
    for field, value in model["properties"].items():
        absent = "never" if field in needed else _default(value)
        yield f"| `{field}` | {kind(value)} | {absent} |"
    yield ""


def _referred(value: Any) -> Iterator[str]:
    """Names of the models that a schema refers to, in order."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for item in value.values():
            yield from _referred(item)
    elif isinstance(value, list):
        for item in value:
            yield from _referred(item)


def _default(value: Json) -> str:
    default = value.get("default")
    if default is None:
        return "null" if "default" in value else "as if empty"
    if isinstance(default, dict):
        return "as if empty"
    return f"`{text_of(default).strip()}`"


def kind(value: Json) -> str:
    """What a field holds, in words."""
    for key, words in _WORDS.items():
        if key in value:
            return words(value[key])
    if "items" in value:
        return f"list of {kind(value['items'])}"
    inner = value.get("additionalProperties")
    if isinstance(inner, dict):
        return f"object of {kind(inner)}"
    return _PLAIN.get(value.get("type", ""), "anything")


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "$ref": lambda path: "[{}](#{})".format(name := path.rpartition("/")[2], name.lower()),
    "enum": lambda values: " or ".join(f"`{one}`" for one in values),
    "const": lambda one: f"`{one}`",
    "anyOf": lambda options: " or ".join(map(kind, options)),
    "prefixItems": lambda items: "list of " + " and ".join(map(kind, items)),
}
_PLAIN: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}


def main() -> int:
    """Write every file that is not up to date, and say which."""
    wanted = files()
    for path in (ROOT / SCHEMAS).glob("*.json"):
        if path.relative_to(ROOT).as_posix() not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{name} is written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
