"""Generated payloads: the same everywhere, of the asked size, with facts that are unambiguous."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from lab import wires
from lab.errors import ConfigError
from lab.exchange.facts.search import find_facts, forwarded_text
from lab.meter import messages as meter
from lab.scenarios.payloads import SHAPES, Payload, conversation, payload
from lab.tokens import count_text
from lab.topics.compression.measure import THIRDS, third_of
from tests.paths import ROOT

SIZES = (1_000, 10_000, 100_000)
CASES = [(shape, tokens) for shape in SHAPES for tokens in SIZES]
TALKS = [(turns, tools) for turns in (10, 20, 40, 60) for tools in (False, True)]
HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}


def made(shape: str, tokens: int, seed: str = "gull") -> Payload:
    """A payload."""
    return payload({"generate": shape, "tokens": tokens, "seed": seed})


def talk(turns: int, tools: bool, seed: str = "ash") -> tuple[list[dict[str, Any]], Payload]:
    """A conversation and its facts."""
    return conversation({"generate": "history", "turns": turns, "seed": seed, "tools": tools})


def everything() -> Iterator[Payload]:
    """All shapes and sizes, and all conversations."""
    for one in (*(made(*case) for case in CASES), *(talk(*case)[1] for case in TALKS)):
        assert len(one.facts) >= 20
        yield one


def found(one: Payload, text: str) -> list[bool]:
    """Which of its facts a text holds."""
    return find_facts([fact.parts for fact in one.facts], text, one.beside)


@pytest.mark.parametrize(("shape", "tokens"), CASES)
def test_a_payload_has_the_size_that_was_asked_for(shape: str, tokens: int) -> None:
    """Within a tenth, counted with the lab's tokenizer."""
    assert abs(count_text(made(shape, tokens).text) - tokens) <= 0.1 * tokens


def test_every_payload_declares_20_to_60_facts_and_holds_them_all() -> None:
    """More at larger sizes, and each is found in the text that declares it."""
    for one in everything():
        assert 20 <= len(one.facts) <= 60
        assert all(found(one, one.text)), one.kind
    assert [len(made("logs", tokens).facts) for tokens in SIZES] == [20, 40, 60]
    assert [len(talk(turns, False)[1].facts) for turns in (10, 20, 40, 60)] == [20, 40, 60, 60]


def test_facts_are_spread_over_the_whole_text() -> None:
    """The third in which a fact is counted is the one where it stands, or it stands next to its border."""
    for one in everything():
        assert [fact.begin for fact in one.facts] == sorted({fact.begin for fact in one.facts})
        for n, fact in enumerate(one.facts):
            at = (fact.begin + fact.end) / 2 / len(one.text)
            third = THIRDS.index(third_of(n, len(one.facts)))
            assert third / 3 - 0.08 <= at <= (third + 1) / 3 + 0.08, (one.kind, n, at)
        places = [0, *(fact.begin for fact in one.facts), len(one.text)]
        assert max(after - before for before, after in pairwise(places)) < 0.2 * len(one.text)


def test_the_declared_place_of_a_fact_is_where_its_parts_stand() -> None:
    """From the beginning of the first part to the end of the last."""
    for one in everything():
        for fact in one.facts:
            text = one.text[fact.begin : fact.end]
            assert text.startswith(fact.parts[0])
            assert text.endswith(fact.parts[-1])
            assert all(part in text for part in fact.parts)


@pytest.mark.parametrize("one", [pytest.param(one, id=f"{one.kind}-{len(one.text)}") for one in everything()])
def test_a_fact_goes_with_its_place_and_alone(one: Payload) -> None:
    """Deleting what stands at a fact's place loses this fact and no other."""
    for n, fact in enumerate(one.facts):
        if n % max(1, len(one.facts) // 12):
            continue
        text = one.text[: fact.begin] + one.text[fact.end :]
        assert [i for i, there in enumerate(found(one, text)) if not there] == [n]


def test_no_fact_is_found_once_all_are_deleted() -> None:
    """Nothing of what is left can be taken for a fact."""
    for one in everything():
        text = one.text
        for fact in reversed(one.facts):
            text = text[: fact.begin] + text[fact.end :]
        assert not any(found(one, text)), one.kind


def test_facts_differ_and_each_has_a_value_of_its_own() -> None:
    """Two facts of a payload are never the same, and one value of each occurs with no other first part."""
    for one in everything():
        assert len({fact.parts for fact in one.facts}) == len(one.facts)
        last = Counter(fact.parts[-1] for fact in one.facts)
        assert set(last.values()) == {1}, one.kind


def test_a_fact_holds_values_and_no_notation() -> None:
    """No part has quotes, braces, separators at its ends, or the name of a field."""
    names = {"file", "line", "match", "id", "version", "revision", "shipment", "req"}
    for one in everything():
        for fact in one.facts:
            for part in fact.parts:
                assert not re.search(r'["{}\[\]=\\\t\n]|^[\s,:;|]|[\s,:;|]$', part), part
                assert part not in names


def test_rows_beside_hold_no_fact() -> None:
    """What follows the facts' rows is no fact itself, and is in the text."""
    for one in everything():
        facts = {fact.parts for fact in one.facts}
        assert not facts.intersection(one.beside)
        assert all(part in one.text for row in one.beside for part in row)


def test_one_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    """Equal references are equal texts; another seed shares no fact."""
    for shape in SHAPES:
        one, other = made(shape, 2_000), made(shape, 2_000, "tern")
        assert made(shape, 2_000) == one
        assert not {fact.parts for fact in one.facts} & {fact.parts for fact in other.facts}
    assert talk(12, True) == talk(12, True)
    assert talk(12, True)[0] != talk(12, True, "elm")[0]


def digest() -> str:
    """One hash over payloads of all shapes."""
    texts = [made(shape, 1_500).text for shape in SHAPES] + [json.dumps(talk(10, True)[0])]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def test_another_process_makes_the_same_bytes() -> None:
    """Neither the hash seed nor anything else of a process goes into a payload."""
    code = "from tests.unit.scenarios.test_payloads import digest; print(digest())"
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=environment,
        )
        assert done.stdout.strip() == digest()


def test_structured_payloads_are_valid_in_their_notation() -> None:
    """JSON parses, every CSV line has all columns, every diff hunk is as long as its header says."""
    for shape in ("json_search", "json_api", "json_table"):
        assert json.loads(made(shape, 3_000).text)
    lines = made("csv", 3_000).text.splitlines()
    assert {line.count(",") for line in lines} == {7}
    diff = made("diff", 5_000).text
    for hunk in re.split(r"^@@", diff, flags=re.MULTILINE)[1:]:
        header, *body = hunk.split("\ndiff --git")[0].rstrip("\n").split("\n")
        old, new = (int(n) for n in re.findall(r",(\d+)", header))
        assert (sum(line[0] in " -" for line in body), sum(line[0] in " +" for line in body)) == (old, new)
    compile(made("code_python", 5_000).text, "generated.py", "exec")


def test_logs_have_few_errors_among_much_noise_and_lines_that_repeat() -> None:
    """At 100k tokens a line in fifty is a warning or an error, and these are the facts."""
    one = made("logs", 100_000)
    lines = one.text.splitlines()
    loud = [line for line in lines if re.search(r"Z (ERROR|WARN) ", line)]
    assert len(loud) == len(one.facts) == 60
    assert len(lines) > 3_000
    assert any(before == after for before, after in pairwise(lines))
    moments = [line[:24] for line in lines if line.startswith("2026-")]
    assert moments == sorted(moments)


@pytest.mark.parametrize(("turns", "tools"), TALKS)
def test_a_conversation_is_valid_and_holds_its_facts_as_the_meter_reads_it(turns: int, tools: bool) -> None:
    """Roles alternate, every tool call has its result, and the facts are in what a model reads."""
    messages, one = talk(turns, tools)
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": [*messages, {"role": "user", "content": "And now?"}],
    }
    meter.validate(body, HEADERS)
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
    texts = [message["content"] for message in messages if isinstance(message["content"], str)]
    assert len(texts) == 2 * turns
    assert (len(messages) > 2 * turns) == tools
    assert all(found(one, forwarded_text(wires.read_request("messages", body))))
    assert len(set(re.findall(r"toolu_\w+", json.dumps(messages)))) == (turns + 1) // 3 * tools


def test_facts_of_a_conversation_come_from_early_and_late_turns_and_from_both_sides() -> None:
    """Users give values, answers give tickets, and tool results show ports."""
    messages, one = talk(60, True)
    kinds = Counter(
        "ticket" if "OPS" in fact.parts[1] else "port" if "/" in fact.parts[0] else "value"
        for fact in one.facts
    )
    assert min(kinds["ticket"], kinds["port"], kinds["value"]) >= 5
    text = [
        forwarded_text(wires.read_request("messages", {"messages": part}))
        for part in (messages[:16], messages[-16:])
    ]
    assert any(found(one, text[0])[:8])
    assert any(found(one, text[1])[-8:])


def test_messages_can_be_changed_without_changing_the_next_ones() -> None:
    """What is made once is given out as a copy."""
    messages, _ = talk(10, True)
    messages[0]["content"] = "changed"
    messages[4]["content"][0]["text"] = "changed"
    assert "changed" not in json.dumps(talk(10, True)[0])


@pytest.mark.parametrize(
    ("reference", "message", "step"),
    [
        (
            {"generate": "json_serch", "tokens": 1000, "seed": "a"},
            "unknown generator",
            "did you mean json_search?",
        ),
        ({"generate": "history", "tokens": 1000, "seed": "a"}, "only messages can be generated", "known:"),
        ({"generate": "csv", "token": 1000, "seed": "a"}, "unknown key token", "did you mean tokens?"),
        ({"generate": "csv", "seed": "a"}, "tokens is missing", "from 500 to 200000"),
        ({"generate": "csv", "tokens": 499, "seed": "a"}, "tokens is 499", "from 500 to 200000"),
        ({"generate": "csv", "tokens": 200_001, "seed": "a"}, "tokens is 200001", "from 500 to 200000"),
        ({"generate": "csv", "tokens": True, "seed": "a"}, "tokens is True", "whole number"),
        ({"generate": "csv", "tokens": "1000", "seed": "a"}, "tokens is 1000", "whole number"),
        ({"generate": "csv", "tokens": 1000}, "seed is missing", "a word"),
        ({"generate": "csv", "tokens": 1000, "seed": 7}, "seed is missing or no short text", "a word"),
        ({"generate": "csv", "tokens": 1000, "seed": "a" * 41}, "seed is missing or no short text", "a word"),
        ({"generate": 7, "tokens": 1000, "seed": "a"}, "unknown generator 7", "known:"),
        ({"generate": ["csv"], "tokens": 1000, "seed": "a"}, "unknown generator", "known:"),
    ],
)
def test_a_wrong_reference_says_what_is_wrong_and_what_to_do(
    reference: dict[str, Any], message: str, step: str
) -> None:
    """Names, keys, sizes and seeds are checked before anything is made."""
    with pytest.raises(ConfigError) as caught:
        payload(reference)
    assert message in caught.value.message
    assert step in caught.value.next_step


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"generate": "csv", "turns": 10, "seed": "a"}, "csv"),
        ({"generate": "history", "turns": 1, "seed": "a"}, "turns is 1"),
        ({"generate": "history", "turns": 201, "seed": "a"}, "turns is 201"),
        ({"generate": "history", "turns": 10, "seed": "a", "tools": "yes"}, "neither true nor false"),
        ({"generate": "history", "turns": 10, "seed": "a", "tokens": 10}, "unknown key tokens"),
    ],
)
def test_a_wrong_reference_to_a_conversation_is_refused(reference: dict[str, Any], message: str) -> None:
    """A payload is no conversation, and its turns are bounded."""
    with pytest.raises(ConfigError) as caught:
        conversation(reference)
    assert message in caught.value.message
