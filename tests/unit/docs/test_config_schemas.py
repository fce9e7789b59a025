"""The schemas for editors accept what the lab accepts, and refuse what it refuses."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.paths import ROOT

SCHEMAS = ROOT / "docs" / "schemas"
SAMPLE = ROOT / "reports" / "sample"
LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")
CONFIGS = sorted(
    [
        ROOT / "configs" / "lab.yaml",
        *(ROOT / "configs").glob("systems/*"),
        *(ROOT / "configs").glob("scenarios/*"),
    ]
)


def validator(name: str) -> Draft202012Validator:
    """The validator of one committed schema, which has to be a schema itself."""
    schema = orjson.loads((SCHEMAS / f"{name}.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def complaint(name: str, data: Any) -> str:
    """What a schema says against this data; empty where it accepts it."""
    error = best_match(validator(name).iter_errors(_as_json(data)))
    return "" if error is None else f"{error.json_path}: {error.message}"[:300]


def _as_json(value: Any) -> Any:
    """YAML as an editor sees it: a date is a text."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_file_names_its_schema_and_is_valid_by_it(path: Path) -> None:
    """An editor that knows the first line checks and completes what is written below it."""
    named = LINE.fullmatch(path.read_text("utf-8").splitlines()[0])
    assert named is not None
    schema = (path.parent / named[1]).resolve()
    assert schema.is_file()
    wanted = {"configs": "lab", "systems": "system", "scenarios": "suite"}[path.parent.name]
    assert schema == SCHEMAS / f"{wanted}.json"
    assert complaint(wanted, _load(path)) == ""


SUITE = _load(ROOT / "configs" / "scenarios" / "core.yaml")
SYSTEM = _load(ROOT / "configs" / "systems" / "litellm.yaml")
LAB = _load(ROOT / "configs" / "lab.yaml")
PROMPT = {"prompt": "Why is the sky blue?"}


@pytest.mark.parametrize(
    ("name", "data", "at", "value"),
    [
        ("lab", LAB, ("repeats",), 0),
        ("lab", LAB, ("engine",), "docker"),
        ("lab", LAB, ("tiers", "CHEAP"), {"model": "x", "title": "x", "price": {}}),
        ("system", SYSTEM, ("kind",), "proxy"),
        ("system", SYSTEM, ("variants", "Lite_LLM"), SYSTEM["variants"]["litellm"]),
        ("system", SYSTEM, ("claims", 0, "measure"), "savings"),
        ("suite", SUITE, ("scenarios", 0, "checks"), ["anwsered"]),
        ("suite", SUITE, ("scenarios", 0, "facts"), {"fixtures": "x"}),
        ("suite", SUITE, ("scenarios", 0, "facts"), {"generate": "grep", "tokens": 5, "seed": "a"}),
        ("suite", SUITE, ("scenarios", 0, "messages"), [{"generate": "history", "turns": 1, "seed": "a"}]),
        ("suite", SUITE, ("scenarios", 0, "tools"), {"toolset": "x", "without": []}),
        ("suite", SUITE, ("scenarios", 0, "tittle"), "S1"),
        ("own-prompt", PROMPT, ("messages",), [{"role": "user", "content": "two prompts"}]),
        ("own-prompt", PROMPT, ("acceptable_tiers",), ["CHEAP"]),
    ],
)
def test_a_mistake_is_one_for_the_schema_too(
    name: str, data: Any, at: tuple[str | int, ...], value: Any
) -> None:
    """What the lab would refuse is underlined while it is written."""
    assert complaint(name, data) == ""
    wrong = place = deepcopy(data)
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    assert complaint(name, wrong) != ""


@pytest.mark.parametrize(
    "more",
    [
        {"facts": {"generate": "history", "turns": 4, "seed": "a", "tools": True}},
        {"messages": [{"generate": "history", "turns": 4, "seed": "a"}, {"role": "user", "content": "And?"}]},
        {"messages": [{"role": "user", "content": {"fixture": "note.txt"}}]},
        {"system": {"fixture": "system.txt"}},
        {"tools": {"toolset": "tools.yaml", "only": ["Read"]}},
        {"perturbations": ["How come the sky is blue?"]},
        {"answer": {"text": {"fixture": "answer.txt"}}},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_authors_write_in_place_of_texts_is_allowed(more: dict[str, Any]) -> None:
    """References are put in by the lab before its models see them, so that the schema has to know them."""
    base = {} if "messages" in more else PROMPT
    assert complaint("own-prompt", base | more) == ""
    scenario = SUITE["scenarios"][0] | more
    assert complaint("suite", SUITE | {"scenarios": [scenario]}) == ""


def test_the_sample_is_valid_by_the_schemas_of_a_run() -> None:
    """Whoever reads a run with their own code may rely on these."""
    assert complaint("manifest", orjson.loads((SAMPLE / "manifest.json").read_bytes())) == ""
    assert complaint("results", orjson.loads((SAMPLE / "results.json").read_bytes())) == ""
    for name, lines in (("exchange", "exchanges.jsonl"), ("upstream-call", "upstream.jsonl")):
        checked = validator(name)
        for line in (SAMPLE / lines).read_bytes().splitlines():
            assert checked.is_valid(orjson.loads(line))
