"""What the report says of what models got: sums per wire, losses, and whether a gateway is their cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from lab.records.models import ModelInput
from lab.report.build import build_results
from lab.report.markdown import table
from lab.results.models import Results
from lab.topics.model_input import section
from lab.topics.model_input.table import Got, ModelInputs
from tests.unit.records_builder import Call, RunBuilder, scenario, table_of, variant

TURNS = ("First.", "Second.", "Third.")
ANSWER = orjson.dumps(
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "Done."}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 40, "output_tokens": 2},
    }
)
SERVER = variant("ollama", kind="model_server", model="kimi-lab-simple")


def body(system: str = "") -> dict[str, Any]:
    """Three turns, with a system prompt if there is one."""
    roles = ("user", "assistant", "user")
    messages = [{"role": role, "content": text} for role, text in zip(roles, TURNS, strict=True)]
    return {"model": "m", "max_tokens": 9, "messages": messages, **({"system": system} if system else {})}


def run(root: Path) -> Results:
    """A server that drops the first turn of Q1, and a gateway whose addition pushes two turns out of Q2."""
    builder = RunBuilder(root, [SERVER, variant("litellm")], [scenario("Q1"), scenario("Q2")], repeats=1)

    def call(prompt: str | None, sent: dict[str, Any], **seen: Any) -> Call:
        given = {"seen_by": "trace", "tokens": 40, "tokens_whole": 40, "context": 4096, "cut": False, **seen}
        sha = None if prompt is None else builder.store.put_body(prompt.encode())
        more = {"model_input": ModelInput(prompt=sha, **given)}
        return Call(answered_by="ollama", body=sent, response=ANSWER, more=more)

    whole = "<u>First.<a>Second.<u>Third."
    builder.exchange("ollama", "Q1", body=body(), calls=[call("<a>Second.<u>Third.", body())])
    builder.exchange("ollama", "Q2", body=body(), calls=[call(whole, body())])
    builder.exchange("litellm", "Q1", body=body(), calls=[call("<a>Second.<u>Third.", body())])
    longer = body("Rules of the gateway.")
    builder.exchange("litellm", "Q2", body=body(), calls=[call("<s>Rules of the gateway.<u>Third.", longer)])
    return build_results(builder.store)


def test_sums_count_every_thing_of_every_call(tmp_path: Path) -> None:
    """Recounted by hand: two calls of three turns each per variant."""
    rows = {row.variant: row for row in table_of(run(tmp_path), ModelInputs).rows}
    assert rows["ollama"].kinds["turns"] == Got(of=6, kept=5)
    assert rows["litellm"].kinds["turns"] == Got(of=6, kept=3)
    assert rows["litellm"].kinds["system"] == Got(of=1, kept=1)
    assert (rows["ollama"].tokens_read, rows["ollama"].tokens_whole, rows["ollama"].context) == (80, 80, 4096)
    assert rows["ollama"].seen == {"trace": 2}
    assert not rows["ollama"].not_seen


def test_a_loss_that_the_server_s_own_row_has_too_is_told_apart_from_a_gateway_s(tmp_path: Path) -> None:
    """The reader sees whether a gateway makes it worse."""
    losses = {(loss.variant, loss.kind): loss for loss in table_of(run(tmp_path), ModelInputs).losses}
    own = losses["ollama", "turns"]
    assert (own.lost, own.of, own.scenarios, own.scenario, own.also_without) == (1, 6, 1, "Q1", None)
    assert own.what == "turn 1 (user)"
    through = losses["litellm", "turns"]
    assert (through.lost, through.scenarios, through.also_without) == (3, 2, True)
    assert (through.scenario, through.what) == ("Q2", "turn 1 (user), turn 2 (assistant)")


def test_a_call_that_was_not_seen_says_why_and_counts_for_nothing(tmp_path: Path) -> None:
    """Nothing that was only handed to the server is called kept."""
    builder = RunBuilder(tmp_path, [SERVER], [scenario("Q1")], repeats=1)
    more = {"model_input": ModelInput(why="the server's log tells of 2 calls, and the meter of 1")}
    call = Call(answered_by="ollama", body=body(), response=ANSWER, more=more)
    builder.exchange("ollama", "Q1", body=body(), calls=[call])
    results = build_results(builder.store)
    (row,) = table_of(results, ModelInputs).rows
    assert (row.calls, row.seen, row.kinds) == (1, {}, {})
    shown = table(section.rows_table(table_of(results, ModelInputs)))
    assert "not seen" in shown
    assert "the meter of 1" in shown


def test_without_a_model_server_there_is_no_section(tmp_path: Path) -> None:
    """Most runs are scripted."""
    builder = RunBuilder(tmp_path, repeats=1)
    builder.exchange("direct", "S1")
    results = build_results(builder.store)
    assert results.table(ModelInputs) is None
    assert section.section(results) is None
