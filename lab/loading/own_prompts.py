"""A folder of the user's own prompts as a suite: every file is a prompt, and nobody else knows them.

`*.txt` and `*.md` are prompts word for word. `*.yaml` holds one prompt: `prompt: <text>`, or the fields of a
scenario (messages, tools, acceptable_tiers, tiers_why, perturbations, ...); its fixtures are relative to the
folder. Hidden files and subfolders are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.checks.registry import Need, applicable
from lab.config.files import Problems, check, read, shown
from lab.config.scenarios import Scenario, Suite
from lab.errors import ConfigError
from lab.loading import words
from lab.loading.configs import each_of, raise_all, suite_names
from lab.loading.suites import check_foreign, check_scenario, fill_scenario
from lab.meter.script import ScriptedAnswer
from lab.names import nearest
from lab.records.manifest import OWN_TITLE
from lab.scenarios.expand import expanded

TEXTS = frozenset({".txt", ".md"})
YAMLS = frozenset({".yaml", ".yml"})
ANSWER = ScriptedAnswer(
    text="This is the lab's scripted answer. It does not depend on the question, so that every system that "
    "is compared receives the same bytes from the model and differences come from the system alone."
)
LONGEST_ID = 37  # leaves room for the -p1 of a perturbation
LONGEST_NAME = 36
NEXT_STEP = "put prompts there, one per file: .txt or .md for the text alone, .yaml for more"


class OwnPrompt(Scenario):
    """One YAML file of the folder: a scenario, of which `prompt` alone is enough."""

    prompt: str | None = None


def load_folder(root: Path, folder: Path, others: Sequence[Suite] = (), name: str = "") -> Suite:
    """The folder as a suite to run beside `others`; ConfigError names file, key and next step of all errors.

    `name` is the name that an earlier sitting of the run gave it; else it is made from the folder's.
    """
    suite = name or suite_name(folder, suite_names(root))
    found = dict(each_of(_prompts(folder), lambda path: (path, _prompt(path, folder, suite))))
    if not found:
        raise ConfigError(f"{shown(folder)}: there are no prompts in this folder", next_step=NEXT_STEP)
    _check_ids(found, others)
    each_of(found, lambda path: _check_words(path, found))
    classes = {scenario.class_: scenario.class_.removeprefix(f"{suite}: ") for scenario in found.values()}
    return Suite(
        suite=suite,
        title=f"{OWN_TITLE}{folder.resolve().name}",
        nonce=False,
        checks=list(applicable(())),
        answer=ANSWER,
        classes=classes,
        scenarios=expanded(found.values()),
    )


def suite_name(folder: Path, taken: Iterable[str]) -> str:
    """The folder's name as the name of a suite, with `own-` before it if it is taken or no name."""
    name = re.sub(r"[^a-z0-9]+", "-", _plain(folder.resolve().name).lower()).strip("-")
    name = name[:LONGEST_NAME].rstrip("-") or "prompts"
    return f"own-{name}" if not name[0].isalpha() or name in {*taken, "all"} else name


def prompt_files(folder: Path) -> dict[str, Path]:
    """All files that decide what the folder's suite asks, by name: the prompts, and what they refer to."""
    found = {}
    for path in _files(folder):
        found[path.name] = path
        if path.suffix.lower() in YAMLS:
            found |= {name: folder / name for name in _references(read(path)[0])}
    return {name: path for name, path in sorted(found.items()) if path.is_file()}


def _references(data: Any) -> Iterator[str]:
    """The files that `{fixture: <file>}` and `{toolset: <file>}` name, wherever they stand."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in {"fixture", "toolset", "body_file"} and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(data, list):
        for item in data:
            yield from _references(item)


def _prompts(folder: Path) -> list[Path]:
    """The files that are prompts: not those that hold what a prompt refers to, such as its body."""
    files = _files(folder)
    named = {name for path in files if path.suffix.lower() in YAMLS for name in _named_in(path)}
    return [path for path in files if path.suffix.lower() in TEXTS | YAMLS or path.name not in named]


def _named_in(path: Path) -> set[str]:
    try:
        return set(_references(read(path)[0]))
    except ConfigError:  # said when the prompt itself is read
        return set()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        what = "this is a file" if folder.exists() else "there is no such folder"
        raise ConfigError(f"{shown(folder)}: {what}", next_step="give a folder of prompts with --scenarios")
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(
            f"{shown(folder)}: cannot be read: {error}", next_step="make it readable"
        ) from error
    return [path for path in paths if not path.name.startswith(".") and not path.is_dir()]


def _prompt(path: Path, folder: Path, suite: str) -> Scenario:
    kind = path.suffix.lower()
    if kind not in TEXTS | YAMLS:
        raise ConfigError(
            f"{shown(path)}: a prompt is a .txt, .md or .yaml file",
            next_step="give it such a name, or move it into a subfolder",
        )
    defaults = {
        "id": _id(path),
        "title": re.sub(r"[-_\s]+", " ", path.stem).strip(),
        "looks_at": "One of the user's own prompts",
        "class": "Own prompts",
        "max_tokens": 1024,
        "nonce": False,
    }
    if kind in TEXTS:
        messages = [{"role": "user", "content": _text(path)}]
        scenario = Scenario.model_validate(defaults | {"messages": messages, "checks": list(applicable(()))})
    else:
        scenario = _from_yaml(path, folder, defaults)
    return scenario.model_copy(update={"class_": f"{suite}: {scenario.class_}"})


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig").rstrip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{shown(path)}: cannot be read: {error}", next_step="make it readable UTF-8"
        ) from error
    if not text:
        raise ConfigError(f"{shown(path)}: this prompt is empty", next_step="write the prompt into the file")
    return text


def _from_yaml(path: Path, folder: Path, defaults: dict[str, Any]) -> Scenario:
    data, problems = read(path)
    if not isinstance(data, dict):
        problems.add((), "should be keys with values", "write prompt: and the text of the prompt")
        problems.raise_if_any()
    filled = fill_scenario(data, folder, (), problems)
    if filled.get("acceptable_tiers"):
        defaults |= {"tiers_why": f"{path.name} says so"}
    given = check(OwnPrompt, defaults | filled, problems, words.hint)
    if given is not None:
        _check_prompt(given, problems)
    problems.raise_if_any()
    assert given is not None  # noqa: S101 - without it there was a problem
    fields = given.model_dump(exclude={"prompt"})
    if given.prompt is not None:
        fields["messages"] = [{"role": "user", "content": given.prompt.rstrip()}]
    scenario = Scenario.model_validate(fields)
    check_scenario(scenario, (), problems)
    problems.raise_if_any()
    return scenario.model_copy(update={"checks": scenario.checks or _checks(scenario)})


def _check_prompt(given: OwnPrompt, problems: Problems) -> None:
    if given.prompt is None and not given.messages and not given.whole:
        problems.add((), "there is neither prompt nor messages", "write prompt: and the text of the prompt")
    if given.prompt is not None and given.whole:
        step = "leave prompt: out, or put what body: adds to it into params:"
        problems.add(("body",), "there is a prompt too, and body: is the whole request", step)
    if given.prompt is not None and given.messages:
        problems.add(("messages",), "there is a prompt too", "keep one of prompt and messages")
    if given.prompt is not None and not given.prompt.strip():
        problems.add(("prompt",), "this prompt is empty", "write the prompt")
    roles = [message.get("role") for message in given.messages]
    # OpenAI's wires take a conversation of the system's or the developer's words alone.
    if given.messages and "user" not in roles and given.wire not in {"openai", "responses"}:
        step = "add one with role: user, or write the whole request as body:"
        problems.add(("messages",), "no message is the user's", step)


def _checks(scenario: Scenario) -> list[str]:
    """The checks that judge any answer, and those of what the file says of tiers, facts, tools and calls."""
    declared: dict[Need, object] = {
        "tiers": scenario.acceptable_tiers,
        "facts": scenario.facts,
        "tools": scenario.tools_needed,
        "calls": scenario.answer and scenario.answer.tool_calls,
    }
    return list(applicable([need for need, given in declared.items() if given]))


def _id(path: Path) -> str:
    cleaned = re.sub(r"[^A-Za-z0-9]+", "-", _plain(path.stem)).strip("-")[:LONGEST_ID].rstrip("-")
    if not cleaned:
        raise ConfigError(
            f"{shown(path)}: no id can be made from this name",
            next_step="use some letters or digits of ASCII in it",
        )
    return cleaned if cleaned[0].isalpha() else f"P-{cleaned}"[:LONGEST_ID]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _check_words(path: Path, found: Mapping[Path, Scenario]) -> None:
    """Raise for foreign words of a file that no other file of its sequence holds."""
    problems = read(path)[1] if found[path].foreign else Problems(path)
    check_foreign(found[path], (), list(found.values()), problems)
    problems.raise_if_any()


def _check_ids(found: dict[Path, Scenario], others: Sequence[Suite]) -> None:
    """Ids are unique over a run, those of perturbations too, and `of` names one of the folder's."""
    owners = {scenario.id: f"suite {suite.suite}" for suite in others for scenario in suite.scenarios}
    errors = []
    for path, scenario in found.items():
        for one in expanded([scenario]):
            owner = owners.setdefault(one.id, shown(path))
            if owner != shown(path):
                message = f"{shown(path)}: {owner} has a prompt with the id {one.id} too"
                errors.append(ConfigError(message, next_step="rename the file, or give it another id:"))
    ids = [scenario.id for scenario in found.values()]
    for path, scenario in found.items():
        if scenario.of is not None and scenario.of not in ids:
            message = f"{shown(path)}: of: there is no prompt {scenario.of} in this folder"
            errors.append(ConfigError(message, next_step=nearest(scenario.of, ids)))
        if scenario.relation is not None and scenario.of is None:
            message = f"{shown(path)}: relation: it names no prompt it relates to"
            errors.append(ConfigError(message, next_step="add of: <id of a prompt>"))
    raise_all(errors)
