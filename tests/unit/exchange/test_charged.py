"""At which hop an exchange failed: one test per way in which a real provider fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.exchange.charged import providers_part
from lab.exchange.view import Bodies, ExchangeView
from lab.records.models import Refused
from tests.unit.records_builder import Call, RunBuilder, scenario, variant

NO_TOOLS = "registry.ollama.ai/library/m:latest does not support tools"


def part(
    tmp_path: Path,
    call: Call,
    *,
    name: str = "litellm",
    kind: str = "gateway",
    alone: Refused | None = None,
    error: str | None = None,
) -> str:
    """What is said of a failed exchange whose only call is this one."""
    who = variant(name, kind=kind)
    builder = RunBuilder(tmp_path, [who], [scenario("Q")], repeats=1)
    record = builder.exchange(name, "Q", calls=[call], status="failed", without_gateway=alone, error=error)
    upstream = tuple(builder.store.upstream())
    return providers_part(
        ExchangeView(record, upstream, scenario("Q"), who, None, Bodies(builder.store.body))
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, NO_TOOLS),
        (400, "this model is missing data required for image input"),
        (400, "the input length exceeds the context length"),
        (400, "unknown parameter: thinking_budget"),
        (404, "model 'm' not found"),
    ],
)
@pytest.mark.parametrize("answered_by", ["ollama", "cloud"])
def test_what_the_provider_refuses_of_the_client_itself_is_its_own(
    tmp_path: Path, status: int, words: str, answered_by: str
) -> None:
    """In its own words; a gateway that was refused for what it made of a good request is not excused."""
    call = Call(status=status, error=words, answered_by=answered_by)
    both = part(tmp_path / "a", call, alone=Refused(status=status, error=words))
    assert both == f"the provider refuses the client's own request too: HTTP {status}: {words}"
    assert part(tmp_path / "b", call, alone=Refused(status=200)) == ""
    assert part(tmp_path / "c", call, alone=None) == ""
    assert part(tmp_path / "d", call, alone=Refused(error="the meter did not answer")) == ""


def test_the_server_s_own_row_is_refused_by_the_server(tmp_path: Path) -> None:
    """There is no gateway to ask without."""
    call = Call(status=400, error=NO_TOOLS, answered_by="ollama")
    said = part(tmp_path, call, name="ollama", kind="model_server")
    assert said == f"the provider refuses the request: HTTP 400: {NO_TOOLS}"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_overload_and_faults_are_the_provider_s_whatever_it_was_sent(tmp_path: Path, status: int) -> None:
    """No request is their cause."""
    said = part(tmp_path, Call(status=status, error="server busy", answered_by="ollama"))
    assert said == f"the provider does not answer: HTTP {status}: server busy"


@pytest.mark.parametrize(
    "error", ["time-out after 90.0 s (ReadTimeout)", "the answer was not complete after 90 s"]
)
def test_an_answer_later_than_the_lab_s_own_limit_is_nobody_s_fault(tmp_path: Path, error: str) -> None:
    """The call ends as 499 then, which is no refusal."""
    call = Call(status=499, error="the client went away", answered_by="ollama", more={"aborted": True})
    assert "the lab's own limit" in part(tmp_path / "a", call, error=error)
    assert part(tmp_path / "b", call, error="ReadError: connection reset") == ""


def test_an_answer_without_words_and_without_an_end_is_the_provider_s(tmp_path: Path) -> None:
    """Ollama ends so what repeats one token 30 times."""
    empty = (
        b'{"type":"message","role":"assistant","content":[],"stop_reason":null,"usage":{"input_tokens":0}}'
    )
    said = part(tmp_path, Call(answered_by="ollama", response=empty))
    assert said == "the provider's answer says nothing, and not why it ends"


@pytest.mark.parametrize("answered_by", ["scripted", "meter"])
def test_the_lab_s_own_answers_excuse_nobody(tmp_path: Path, answered_by: str) -> None:
    """What the meter refuses, it refuses by the provider's rules."""
    call = Call(status=400, error="bad", answered_by=answered_by)
    assert part(tmp_path, call, alone=Refused(status=400, error="bad")) == ""
