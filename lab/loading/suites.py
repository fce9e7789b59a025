"""Loads a suite: puts fixtures and tool sets in, then checks it against its model and itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from lab.checks import registered
from lab.config.files import KeyPath, Problems, check, read
from lab.config.scenarios import Scenario, Suite
from lab.errors import ConfigError
from lab.loading import whole, words
from lab.loading.similarity import probes
from lab.names import nearest
from lab.scenarios import generated
from lab.scenarios.expand import expanded, with_defaults
from lab.scenarios.fixtures import read_facts, read_payload, read_tools
from lab.scenarios.forms import wire_of
from lab.topics import TOPICS as _TOPICS  # noqa: F401 - registers the checks of every topic

# What a request holds that a scenario has keys of its own for.
KEYS: Final = ("model", "max_tokens", "system", "messages", "tools", "stream")
# What fields were called before; prompts of the user's own may have been written then.
OLD_NAMES: Final = {"feature": "looks_at", "group": "class"}


def load_suite(path: Path) -> Suite:
    """The suite in configs/scenarios/<name>.yaml; ConfigError names file, line and key of all errors."""
    data, problems = read(path)
    filled, unfilled = _fill(data, path.parent.parent, problems)
    filled = with_defaults(filled)
    suite = check(Suite, filled, problems, words.hint)
    if isinstance(filled, dict):
        if isinstance(filled.get("suite"), str) and filled["suite"] != path.stem:
            problems.add(("suite",), f"is not the file's name, {path.stem}", "make the two the same")
        _check_scenarios(filled, unfilled, problems)
    if suite is not None:
        _check_checks(suite.checks, ("checks",), problems)
    problems.raise_if_any()
    assert suite is not None  # noqa: S101 - without it there was a problem
    return suite.model_copy(update={"scenarios": expanded(suite.scenarios)})


def _fill(data: Any, base: Path, problems: Problems) -> tuple[Any, set[int]]:
    """The data with fixtures in place of references to them, and which scenarios lack one."""
    if not isinstance(data, dict) or not isinstance(data.get("scenarios"), list):
        return data, set()
    scenarios: list[Any] = []
    unfilled: set[int] = set()
    for n, scenario in enumerate(data["scenarios"]):
        before = len(problems.found)
        scenarios.append(fill_scenario(scenario, base, ("scenarios", n), problems))
        if len(problems.found) > before:
            unfilled.add(n)
    return data | {"scenarios": scenarios}, unfilled


def fill_scenario(scenario: Any, base: Path, at: KeyPath, problems: Problems) -> Any:
    """A scenario's data with what it refers to below `base` put in; what cannot be read is noted."""
    if not isinstance(scenario, dict):
        return scenario
    filled = {key: _fill_key(key, value, base, (*at, key), problems) for key, value in scenario.items()}
    for old, new in OLD_NAMES.items():
        if old in filled and new not in filled:
            filled[new] = filled.pop(old)
    filled |= whole.filled(filled, base, at, problems)
    if isinstance(path := filled.get("path"), str) and "wire" not in filled:
        filled["wire"] = wire_of(path)  # what is sent there is of that wire
    return filled | generated.described(scenario, at, problems)


def _fill_key(key: str, value: Any, base: Path, at: KeyPath, problems: Problems) -> Any:
    if key == "messages" and isinstance(value, list):
        return _fill_messages(value, base, at, problems)
    if key in ("messages", "system", "prompt", "answer", "body"):
        return _fill_payloads(value, base, at, problems)
    reader = {"tools": read_tools, "facts": read_facts}.get(key)
    if reader is None or not isinstance(value, dict):
        return value
    try:
        return reader(base, value)
    except ConfigError as error:
        problems.add(at, error.message, error.next_step)
        return []


def _fill_messages(value: list[Any], base: Path, at: KeyPath, problems: Problems) -> list[Any]:
    """Messages with those of a generated conversation in place of the item that refers to one."""
    filled: list[Any] = []
    for n, item in enumerate(value):
        if not generated.refers(item):
            filled.append(_fill_payloads(item, base, (*at, n), problems))
            continue
        try:
            filled += generated.read_messages(item)
        except ConfigError as error:
            problems.add((*at, n), error.message, error.next_step)
    return filled


def _fill_payloads(value: Any, base: Path, at: KeyPath, problems: Problems) -> Any:
    if isinstance(value, dict) and ("fixture" in value or generated.refers(value)):
        try:
            return generated.read_text(value) if generated.refers(value) else read_payload(base, value)
        except ConfigError as error:
            problems.add(at, error.message, error.next_step)
            return ""
    if isinstance(value, dict):
        return {key: _fill_payloads(item, base, (*at, key), problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_payloads(item, base, (*at, n), problems) for n, item in enumerate(value)]
    return value


def _check_scenarios(data: dict[str, Any], unfilled: set[int], problems: Problems) -> None:
    """Check what the models cannot: names that refer to others, in scenarios that are right otherwise."""
    raw = data.get("scenarios")
    classes = data.get("classes")
    scenarios = {n: _scenario(item) for n, item in enumerate(raw if isinstance(raw, list) else [])}
    times = Counter(scenario.id for scenario in scenarios.values() if scenario is not None)
    amiss = _probes_amiss([scenario for scenario in scenarios.values() if scenario is not None])
    for n, scenario in scenarios.items():
        if scenario is None:
            continue
        at: KeyPath = ("scenarios", n)
        if times[scenario.id] > 1:
            problems.add((*at, "id"), f"{scenario.id} is given twice", "choose another id")
        if isinstance(classes, dict) and scenario.class_ not in classes:
            step = nearest(scenario.class_, classes)
            problems.add((*at, "class"), f"unknown class {scenario.class_}", step)
        _check_pair(scenario, at, times, problems)
        if scenario.id in amiss:
            problems.add((*at, "cache_differs"), *amiss[scenario.id])
        if scenario.foreign:
            check_foreign(scenario, at, [other for other in scenarios.values() if other], problems)
        check_scenario(scenario, at, problems, filled=n not in unfilled)


def _probes_amiss(scenarios: Sequence[Scenario]) -> dict[str, tuple[str, str]]:
    """What is wrong with probes that must miss a cache, and what to do, by their id."""
    caches = any(scenario.cache_expect == "must_hit" for scenario in scenarios)
    amiss = {}
    for first, probe in probes(scenarios):
        if caches and probe.cache_expect == "must_miss" and probe.cache_differs is None:
            step = "make it question, context, user or settings"
            amiss[probe.id] = ("this probe does not state in what it differs", step)
        if probe.cache_differs == "user" and probe.answer == first.answer:
            amiss[probe.id] = ("the other user is given the same answer", "add an answer of its own")
    return amiss


def check_scenario(scenario: Scenario, at: KeyPath, problems: Problems, *, filled: bool = True) -> None:
    """Note where a scenario contradicts itself; its tools only if they could be `filled` in."""
    if filled:
        _check_tools(scenario, at, problems)
    _check_reasons(scenario, at, problems)
    whole.check_body(scenario, at, problems)
    _check_request(scenario, at, problems)
    _check_checks(scenario.checks, (*at, "checks"), problems)


def _check_request(scenario: Scenario, at: KeyPath, problems: Problems) -> None:
    """Note what would be sent otherwise than it is written, or not at all."""
    for name in KEYS:
        if name in scenario.params:
            step = f"write {name}: beside params:, or the whole request as body:"
            problems.add((*at, "params", name), "is a key of the scenario itself", step)
    choices = scenario.answer.choices if scenario.answer else []
    if choices and not scenario.whole and scenario.params.get("n") in (None, 1):
        step = "add wire: chat and params: {n: 2}, or leave choices out"
        problems.add((*at, "answer", "choices"), "nobody asks for several choices", step)
    if scenario.perturbations and not any(one.get("role") == "user" for one in scenario.messages):
        step = "add a message with role: user"
        problems.add((*at, "perturbations"), "there is no message of the user's to reword", step)


def _check_checks(names: Sequence[str], at: KeyPath, problems: Problems) -> None:
    known = [entry.name for entry in registered()]
    for n, name in enumerate(names):
        if name not in known:
            problems.add((*at, n), f"there is no check {name}", nearest(name, known))


def _check_pair(scenario: Scenario, at: KeyPath, ids: Collection[str], problems: Problems) -> None:
    if scenario.of is not None and scenario.of not in ids:
        problems.add((*at, "of"), f"there is no scenario {scenario.of}", nearest(scenario.of, ids))
    if scenario.relation is not None and scenario.of is None:
        problems.add((*at, "relation"), "it names no scenario it relates to", "add of: <id of a scenario>")


def check_foreign(scenario: Scenario, at: KeyPath, others: Iterable[Scenario], problems: Problems) -> None:
    """Foreign words must be another conversation's of the sequence, and none of the scenario's own."""
    beside = [
        one for one in others if one.sequence and one.sequence == scenario.sequence and one.id != scenario.id
    ]
    own, theirs = _words(scenario), "\n".join(map(_words, beside))
    for n, word in enumerate(scenario.foreign):
        if word.casefold() in own:
            problems.add((*at, "foreign", n), f"{word} is in the scenario itself", "choose another word")
        elif word.casefold() not in theirs:
            step = "take a word of another scenario of the same sequence"
            problems.add((*at, "foreign", n), f"{word} is in no other scenario of the sequence", step)


def _words(scenario: Scenario) -> str:
    """All that a scenario's request and answer hold, in lower case."""
    held = scenario.model_dump(include={"system", "messages", "tools", "params", "body", "answer"})
    # What JSON cannot hold is refused elsewhere, with its key.
    return json.dumps(held, ensure_ascii=False, default=str).casefold()


def _scenario(raw: Any) -> Scenario | None:
    try:
        return Scenario.model_validate(raw)
    except ValidationError:
        return None


def _check_tools(scenario: Scenario, at: KeyPath, problems: Problems) -> None:
    names = [_tool_name(tool) for tool in scenario.tools]
    for n, name in enumerate(scenario.tools_needed):
        if name not in names:
            problems.add((*at, "tools_needed", n), f"{name} is not among the tools", _offer(name, names))
    calls = scenario.answer.tool_calls if scenario.answer else []
    for n, call in enumerate(calls):
        if not scenario.whole and call.name not in names:
            key = (*at, "answer", "tool_calls", n, "name")
            problems.add(key, f"{call.name} is not among the tools", _offer(call.name, names))


def _offer(name: str, names: Sequence[str]) -> str:
    return nearest(name, names) if any(names) else f"add it to tools: as {{name: {name}, input_schema: …}}"


def _tool_name(tool: Mapping[str, Any]) -> str:
    """A tool's name; on the chat wire it is the function's."""
    inner = tool.get("function")
    return str((inner if isinstance(inner, dict) else tool).get("name", ""))


def _check_reasons(scenario: Scenario, at: KeyPath, problems: Problems) -> None:
    if not scenario.valid and not scenario.invalid_why:
        problems.add((*at, "valid"), "an invalid scenario needs a reason", "add invalid_why")
    if scenario.acceptable_tiers and not scenario.tiers_why:
        problems.add((*at, "acceptable_tiers"), "an expectation needs a reason", "add tiers_why")
    if scenario.cache_expect != "must_miss" and scenario.sequence is None:
        problems.add((*at, "cache_expect"), "only a scenario of a sequence can hit", "add sequence")
    if scenario.cache_differs and (scenario.cache_expect != "must_miss" or scenario.sequence is None):
        what = "only a scenario of a sequence that must miss differs from its first one"
        problems.add((*at, "cache_differs"), what, "remove it")
