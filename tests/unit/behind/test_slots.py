"""What llama.cpp's server is asked of each call, with answers as that of xllamacpp 2026.10 gave them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lab.behind.seen import Handed, Seen
from lab.behind.slots import Slots
from tests.unit.model_api import Answer, Fake, Reply, serving

PROMPT = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
IDLE = {"id": 0, "n_ctx": 8192, "speculative": False, "is_processing": False}
COUNTS = {
    "/v1/messages": "/v1/messages/count_tokens",
    "/v1/chat/completions": "/v1/chat/completions/input_tokens",
    "/v1/responses": "/v1/responses/input_tokens",
}


def slot(task: int, prompt: str = PROMPT, tokens: int = 12, **params: Any) -> dict[str, Any]:
    """A slot that has served a task; its tokens are those of prompt and answer."""
    settings = {"grammar": "", "grammar_lazy": False, "stop": [], "max_tokens": 4, **params}
    return {**IDLE, "id_task": task, "n_prompt_tokens": tokens, "params": settings, "prompt": prompt}


def call(
    text: str = "hi", path: str = "/v1/messages", status: int = 200, stated: int | None = 9, **more: Any
) -> Handed:
    """A call whose body has so many words, of which the server counts one token each."""
    return Handed(path, json.dumps({"messages": text}).encode(), "m", status, stated=stated, **more)


def counted(body: Any) -> Reply:
    """Nine tokens for `hi`, ten for `ho`, and so on."""
    return Reply({"input_tokens": {"hi": 9, "ho": 10}.get(body["messages"], 11)})


def tokenized(body: Any) -> Reply:
    """As many tokens as the same request is counted to have."""
    assert body["add_special"] is True
    assert body["parse_special"] is True
    return Reply({"tokens": [0] * {"hi": 9, "ho": 10}.get(body["content"][17:19], 11)})


@contextmanager
def asked(slots: list[Any], **more: Answer) -> Iterator[tuple[Slots, Fake]]:
    """An observer of a server whose first look shows nothing, and all further ones these slots."""
    answers: dict[str, Answer] = {
        "GET /slots": Reply(json.dumps([IDLE])),
        "POST /tokenize": tokenized,
        **{f"POST {path}": counted for path in COUNTS.values()},
    }
    with serving(answers | more) as fake:
        observer = Slots(fake.url)
        observer.begin()
        fake.answers["GET /slots"] = Reply(json.dumps(slots))
        yield observer, fake


def look(slots: list[Any], *calls: Handed, **more: Answer) -> list[Seen]:
    """What is seen of an exchange's calls."""
    with asked(slots, **more) as (observer, _):
        return observer.seen(calls)


@pytest.mark.parametrize("path", COUNTS)
def test_a_slot_shows_the_very_prompt_of_a_call_on_every_wire(path: str) -> None:
    """With the tokens that were read, whatever the answer states."""
    (seen,) = look([slot(4)], call(path=path, stated=None))
    assert (seen.by, seen.prompt, seen.tokens, seen.tokens_whole) == ("trace", PROMPT, 9, 9)
    assert (seen.cut, seen.context, seen.form) == (False, 8192, "")


def test_a_prompt_of_which_the_slot_holds_less_was_cut() -> None:
    """Today's server refuses instead."""
    (seen,) = look([slot(4, tokens=5)], call())
    assert (seen.tokens, seen.tokens_whole, seen.cut) == (5, 9, True)
    assert seen.why == "the model read 5 tokens of 9"


@pytest.mark.parametrize(
    ("params", "form"),
    [({"grammar": "root ::= x"}, "root ::= x"), ({"grammar": "root ::= x", "grammar_lazy": True}, "")],
)
def test_a_grammar_is_what_an_answer_is_held_to_unless_it_waits_for_a_call(
    params: dict[str, Any], form: str
) -> None:
    """Tools on offer bring a grammar that begins with the first call."""
    (seen,) = look([slot(4, **params)], call())
    assert seen.form == form


def test_what_a_slot_served_before_is_not_the_exchanges_own() -> None:
    """A call that never came to a slot has no prompt."""
    with asked([slot(4)]) as (observer, _):
        observer.begin()
        (seen,) = observer.seen([call(stated=None)])
    assert (seen.by, seen.prompt) == (None, None)
    assert "no slot shows the call's prompt" in seen.why


def test_the_prompt_of_somebody_else_is_not_taken_for_the_calls() -> None:
    """On another's server others may ask at the same time."""
    (seen,) = look([slot(5, "<|im_start|>user\nno matter", 30)], call())
    assert (seen.by, seen.prompt, seen.tokens, seen.tokens_whole) == ("count", None, 9, 9)


def test_of_two_calls_the_slot_shows_the_last_and_the_other_is_rendered() -> None:
    """A gateway that asks twice."""
    chat = "/v1/chat/completions"
    render: dict[str, Answer] = {"POST /apply-template": Reply({"prompt": "<|im_start|>user\nho"})}
    first, second = look([slot(6)], call("ho", chat, stated=10), call(), **render)
    assert (first.by, first.prompt, first.tokens, first.cut) == (
        "template",
        "<|im_start|>user\nho",
        10,
        False,
    )
    assert (second.by, second.prompt) == ("trace", PROMPT)


def test_two_calls_of_one_body_have_one_prompt() -> None:
    """Whichever of the two the slot has it of."""
    assert [seen.by for seen in look([slot(6)], call(), call())] == ["trace", "trace"]


def test_calls_of_equal_length_are_not_told_apart() -> None:
    """Rather nothing than the wrong prompt."""
    both = look([slot(6)], call(), call(path="/v1/responses"))
    assert [(seen.by, seen.prompt) for seen in both] == [("count", None), ("count", None)]


def test_without_slots_the_servers_own_count_is_held_against_what_the_answer_states() -> None:
    """A server that others run, as it is by default."""
    kept, cut = look([IDLE], call(), call(stated=3))
    assert (kept.by, kept.tokens, kept.tokens_whole, kept.cut, kept.why) == ("count", 9, 9, False, "")
    assert (cut.tokens, cut.cut, cut.why) == (3, True, "the model read 3 tokens of 9")


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (call(status=400), "the server refused the call: HTTP 400"),
        (call(status=0), "no answer came"),
        (call(stated=None), "and the server states no tokens"),
        (call(path="/v1/completions"), "and the server counts none"),
    ],
)
def test_what_cannot_be_seen_has_its_reason(one: Handed, why: str) -> None:
    """A prompt beyond the context is refused, and no model got it."""
    (seen,) = look([IDLE], one)
    assert seen.by is None
    assert why in seen.why


def test_an_older_server_that_counts_no_requests_shows_the_only_prompt_of_an_only_call() -> None:
    """Its slot has served one task since the exchange began."""
    none: dict[str, Answer] = {f"POST {path}": Reply({"error": "none"}, 404) for path in COUNTS.values()}
    (seen,) = look([slot(4)], call(), **none)
    assert (seen.by, seen.prompt) == ("trace", PROMPT)
    assert [one.by for one in look([slot(4)], call(), call("ho"), **none)] == [None, None]


def test_an_abandoned_call_leaves_no_prompt_that_is_sure() -> None:
    """Its task may have been ended while it was read."""
    (seen,) = look([slot(4, tokens=2)], call(aborted=True, stated=None))
    assert (seen.by, seen.cut) == (None, None)


def test_a_server_that_answers_nothing_of_use_is_not_seen_behind() -> None:
    """Neither HTML nor silence ends a run."""
    web = Reply("<html>", 200, "text/html")
    (seen,) = look([], call(), **{"GET /slots": web, "POST /v1/messages/count_tokens": web})
    assert seen.by is None
    assert [one.by for one in _of_nobody()] == [None]


def _of_nobody() -> list[Seen]:
    observer = Slots("http://127.0.0.1:9")
    observer.begin()
    return observer.seen([call()])
