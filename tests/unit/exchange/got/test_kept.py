"""Facts, tools and tokens of a model server's own row, counted in what its model read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.records.models import ModelInput
from lab.report.build import build_results
from lab.results.cell import Cell
from tests.unit.records_builder import READ_TOOL, Call, RunBuilder, scenario, variant

FACTS = (("express", "^1.0.3"), ("axios", "^1.2.5"))
TEXT = "express ^1.0.3\n\naxios ^1.2.5"
WRITTEN = (
    '{"type": "function", "function": {"name": "Read", "description": "Read a file from disk", "parameters": '
)
SCHEMA = '{"type": "object", "properties": {"file_path": {"type": "string"}, "limit": {"type": "number"}}, '


def cell(tmp_path: Path, prompt: str | None, kind: str = "model_server", **seen: Any) -> Cell:
    """The cell of a row whose model got this prompt of a request with two facts and one tool."""
    info = scenario("Q", facts=FACTS, tools_needed=("Read",))
    builder = RunBuilder(tmp_path, [variant("ollama", kind=kind)], [info], repeats=1)
    body = {
        "model": "m",
        "max_tokens": 9,
        "tools": [READ_TOOL],
        "messages": [{"role": "user", "content": TEXT}],
    }
    sha = None if prompt is None else builder.store.put_body(prompt.encode())
    given = {"seen_by": "trace", "tokens": 40, "tokens_whole": 40, "cut": False, "prompt": sha, **seen}
    call = Call(answered_by="ollama", body=body, more={"model_input": ModelInput(**given)})
    builder.exchange("ollama", "Q", body=body, tools=("Read",), calls=[call])
    return build_results(builder.store).cell("ollama", "Q")


def test_facts_and_tools_that_the_model_read_are_kept(tmp_path: Path) -> None:
    """In whatever notation the template has."""
    found = cell(tmp_path, f'{WRITTEN}{SCHEMA}"required": ["file_path"]}}}}}}\n{TEXT}')
    assert (found.facts.kept, found.facts.total) == (2, 2)
    assert (found.tools.forwarded, found.tools.needed_kept) == (1, 1)


def test_what_was_only_handed_over_is_not(tmp_path: Path) -> None:
    """The same request, and a prompt without the first fact and without a word of the tool's schema."""
    found = cell(tmp_path, f"{WRITTEN}{SCHEMA[:-2]}}}}}}}\naxios ^1.2.5")
    assert (found.facts.kept, found.facts.total) == (1, 2)
    assert found.tools.needed_kept == 0


def test_facts_before_a_cut_are_lost(tmp_path: Path) -> None:
    """The text stands in the prompt, and the model read its end alone."""
    filler = " ".join(f"word{n}" for n in range(4000))
    found = cell(tmp_path, f"{TEXT}\n{filler}", tokens=1000, tokens_whole=12_000, keep=0, cut=True)
    assert (found.facts.kept, found.facts.total) == (0, 2)
    assert found.tokens.forwarded is not None
    assert 500 < found.tokens.forwarded < 2_000


def test_a_prompt_that_was_not_seen_shows_no_facts(tmp_path: Path) -> None:
    """Neither kept nor lost."""
    found = cell(tmp_path, None, seen_by=None, why="no trace", tokens=None, tokens_whole=None, cut=None)
    assert found.facts.kept is None
    assert found.tools.needed_kept is None


def test_a_gateway_s_row_is_judged_by_what_it_forwards(tmp_path: Path) -> None:
    """What the model server loses is not the gateway's."""
    found = cell(tmp_path, "nothing of it", kind="gateway")
    assert (found.facts.kept, found.facts.total) == (2, 2)
    assert found.checks["facts_kept"].verdict == "pass"
