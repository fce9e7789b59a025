"""A provider's answer on one wire beside what a client gets of it on another, by the meter's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab import wires
from lab.meter.answers import Script, compose
from lab.meter.replies import Asked
from lab.meter.script import ScriptedAnswer
from lab.meter.scripted import reply_to
from lab.report.build import build_results
from lab.results.cell import CheckResult
from lab.run.recorder import markers_in
from lab.wires import read_request
from lab.wires.neutral import NeutralAnswer
from tests.unit.meter.test_scripted import BODIES, WIRES, raw
from tests.unit.records_builder import Call, RunBuilder, marker_of, scenario, variant

CLIENT = {"messages": "anthropic", "chat": "openai", "responses": "responses"}
MARKER = marker_of("r1-S1-lynkr")
Answered = tuple[bytes, str, NeutralAnswer]


def answer_on(wire: str, script: dict[str, Any], stream: bool, **more: Any) -> Answered:
    """The script's answer on a wire: its bytes, their type, and what they say."""
    body = BODIES[wire] | {"stream": stream} | more
    said = Script(ScriptedAnswer.model_validate(script), MARKER)
    given = compose(said, read_request(wire, body), 11, WIRES[wire].wishes(body))
    answered = reply_to(Asked("POST", f"/v1/{wire}", "", {}, body=body), WIRES[wire], said, given)
    data, kind = raw(answered), answered.content_type.decode()
    return data, kind, wires.read_answer(wire, data, kind)


def verdicts(
    root: Path, given_on: str, given: Answered, got_on: str, got: Answered, stream: bool, **info: Any
) -> dict[str, CheckResult]:
    """What every check says of an answer that was given on one wire and got on another."""
    said = given[2]
    call = Call(
        wire=given_on,
        response=given[0],
        stream=stream,
        body=BODIES[given_on] | {"stream": stream},
        text=said.text,
        markers=markers_in(said),
        tool_calls=said.tool_calls,
        usage=said.usage,
    )
    got_answer = got[2]
    shown = MARKER in markers_in(got_answer)
    text = got_answer.text.removesuffix(f"\n\n{MARKER}")
    builder = RunBuilder(
        root, variants=(variant("direct"), variant("lynkr")), scenarios=(scenario("S1", **info),)
    )
    builder.exchange(
        "lynkr",
        "S1",
        body=BODIES[got_on] | {"stream": stream},
        calls=[call],
        text=text,
        marker=None if shown else "",
        no_text=not got_answer.text,
        tool_calls=got_answer.tool_calls,
        usage=got_answer.usage,
        wire=CLIENT[got_on],
        stream=stream,
        raw_response=got[0],
        content_type=got[1],
        problems=got_answer.problems,
    )
    return build_results(builder.store).cell("lynkr", "S1").checks
