"""An answer that is rightly silent is an answer, on each wire, across them, plain and streamed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from lab import wires
from lab.meter import messages as meter
from lab.run.recorder import failure_reason
from tests.unit.checks.crossing import Answered, answer_on, verdicts
from tests.unit.run.test_recorder import CALL, TRY

PATHS: Final = {
    "messages": "/v1/messages",
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
}
PAIRS: Final = tuple(product(PATHS, PATHS))
SILENT: Final[dict[str, dict[str, Any]]] = {
    "no tokens": {"stop_reason": "max_tokens"},
    "a refusal without a word": {"stop_reason": "refusal"},
    "an empty turn": {},
    "a stop sequence at once": {"stop_sequence": "HALT"},
}


def reason(given_on: str, given: Answered, got: Answered, stream: bool) -> str | None:
    """Why an exchange failed, from the provider's bytes and the client's."""
    call = replace(CALL, path=PATHS[given_on], stream=stream, response=given[0])
    tried = replace(TRY, body=got[0], headers={"content-type": got[1]})
    return failure_reason(tried, got[2], None, calls=[call])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("given_on", "got_on"), PAIRS)
@pytest.mark.parametrize("name", SILENT)
def test_a_silent_answer_fails_neither_the_exchange_nor_the_check(
    tmp_path: Path, name: str, given_on: str, got_on: str, stream: bool
) -> None:
    """The provider said nothing, and neither does the gateway."""
    script = SILENT[name]
    given, got = answer_on(given_on, script, stream), answer_on(got_on, script, stream)
    assert (given[2].text, got[2].text, got[2].problems) == ("", "", ())
    assert reason(given_on, given, got, stream) is None
    found = verdicts(tmp_path, given_on, given, got_on, got, stream)
    assert found["answered"].verdict == "pass"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("given_on", "got_on"), PAIRS)
def test_a_gateway_that_loses_the_answer_is_not_silent_rightly(
    given_on: str, got_on: str, stream: bool
) -> None:
    """What the provider said has to arrive."""
    given, got = answer_on(given_on, {"text": "Yes."}, stream), answer_on(got_on, {}, stream)
    told = reason(given_on, given, got, stream)
    assert told == "HTTP 200 without a usable answer: it has neither text nor a tool call"


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_for_no_tokens_is_answered_with_none(stream: bool) -> None:
    """`max_tokens: 0` warms a cache on the messages wire; no text, and no marker, is due."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 0, "messages": [{"role": "user", "content": "a"}]}
    if not stream:
        meter.validate(body, {})
    answer = answer_on("messages", {"text": "Yes it is."}, stream, max_tokens=0)
    assert (answer[2].text, answer[2].stop_reason, answer[2].problems) == ("", "max_tokens", ())
    assert reason("messages", answer, answer, stream) is None
    assert wires.find_markers(answer[0].decode()) == ()
