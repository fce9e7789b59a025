"""Scenarios whose whole body is written: read from where it stands, and held to what goes with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lab.config.files import KeyPath, Problems
from lab.config.scenarios import Scenario
from lab.errors import ConfigError
from lab.scenarios.fixtures import read_text
from lab.scenarios.request import MODEL
from lab.wires import exact

_PARTS: Final = ("messages", "system", "tools", "params", "perturbations")
_STEPS: Final = {"model": f"write {MODEL} where the body names the model, or leave model: out"}


def filled(scenario: Mapping[str, Any], base: Path, at: KeyPath, problems: Problems) -> dict[str, Any]:
    """The body that `body_file` names, as its very text, and whether a written body asks for a stream.

    What the scenario says beside it, and the body does not, would never be sent: that is noted.
    """
    found: dict[str, Any] = {}
    if isinstance(scenario.get("body_file"), str):
        if scenario.get("body") is not None:
            problems.add((*at, "body_file"), "there is a body too", "keep one of body and body_file")
            return {}
        try:
            found["body"] = read_text(base, scenario["body_file"])
        except ConfigError as error:
            problems.add((*at, "body_file"), error.message, error.next_step)
            return {"body": ""}
    body = found.get("body", scenario.get("body"))
    if body is None:
        return found
    streams = _streams(body)
    for name in _ignored(scenario, body, streams=streams):
        what = "is not in body:, which is the whole request, sent as it is"
        problems.add((*at, name), what, _STEPS.get(name, f"put {name} into the body, or leave it out here"))
    return found | {"stream": streams}


def _ignored(scenario: Mapping[str, Any], body: Any, *, streams: bool) -> Iterator[str]:
    """Keys beside a body that change nothing of it."""
    if "max_tokens" in scenario:
        yield "max_tokens"
    if scenario.get("nonce") is True:
        yield "nonce"
    if scenario.get("stream", streams) is not streams:
        yield "stream"
    if "model" in scenario and MODEL not in str(body):
        yield "model"


def _streams(body: Any) -> bool:
    if isinstance(body, str):
        try:
            body = exact.loads(body)
        except (ValueError, RecursionError):
            return False
    return isinstance(body, dict) and body.get("stream") is True


def check_body(scenario: Scenario, at: KeyPath, problems: Problems) -> None:
    """Note a scenario that says nothing, and one that says the same thing twice: whole and in parts."""
    if not scenario.whole:
        if not scenario.messages:
            step = "add messages, or body: with the whole request"
            problems.add((*at, "messages"), "there are no messages", step)
        return
    for name in _PARTS:
        if getattr(scenario, name):
            what = "body: is the whole request, sent as it is"
            problems.add((*at, name), what, f"put {name} into the body, or leave body: out")
    if scenario.body == "":
        problems.add((*at, "body"), "it is empty", "write the request, such as {} for an empty object")
