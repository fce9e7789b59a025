"""What Ollama's trace log says of prompts: quoted text, cuts, and which call a prompt belongs to."""

from __future__ import annotations

import pytest

from lab.behind.trace import Prompt, TraceReader, fields_of

HEAD = "time=2026-11-28T09:58:06.601Z level="
ENDED = '[GIN] 2026/11/28 - 09:58:08 | {status} |  2.317613559s |       127.0.0.1 | POST     "{path}"\n'


def traced(prompt: str, images: int = 0) -> str:
    """The two lines with which a prompt begins; `prompt` as Go quotes it."""
    return (
        f'{HEAD}DEBUG source=server.go:1536 msg="completion request" images={images} prompt=170 format=""\n'
        f'{HEAD}TRACE source=server.go:1537 msg="completion request" prompt="{prompt}"\n'
    )


def ended(path: str = "/v1/messages", status: int = 200) -> str:
    """The web server's line of a call."""
    return ENDED.format(status=status, path=path)


READ = (
    HEAD + 'DEBUG source=cache.go:104 msg="loading cache slot" id=0 cache=3 prompt={n} used=0 remaining={n}\n'
)
CUT = (
    HEAD + 'WARN source=runner.go:153 msg="truncating input prompt" limit=4096 prompt=18906 keep=4 new=4096\n'
)


def test_a_prompt_is_the_text_that_go_quoted() -> None:
    """Quotes, newlines, backslashes, letters of all scripts, and characters beyond the basic plane."""
    log = traced(r"say \"hi\"\nC:\\new\tprix: 3 € caf\u00e9 \U0001f600 é") + READ.format(n=36) + ended()
    (served,) = TraceReader().feed(log.encode())
    assert served.prompts == (
        Prompt('say "hi"\nC:\\new\tprix: 3 € café 😀 é', images=0, tokens=36, tokens_whole=36, form=""),
    )
    assert (served.path, served.status) == ("/v1/messages", 200)


def test_a_cut_prompt_says_how_much_of_it_was_read() -> None:
    """The runner's warning gives the whole length, and the slot what is left."""
    log = traced("long") + CUT + READ.format(n=4096) + ended()
    (served,) = TraceReader().feed(log.encode())
    assert served.prompts == (
        Prompt("long", 0, tokens=4096, tokens_whole=18906, keep=4, limit=4096, form=""),
    )


@pytest.mark.parametrize("size", [1, 7, 64])
def test_lines_may_arrive_in_pieces(size: int) -> None:
    """A log is read while it is written, and a letter may be torn."""
    log = (
        traced("é one") + READ.format(n=5) + ended() + traced("two", images=2) + ended("/api/chat")
    ).encode()
    reader = TraceReader()
    served = [one for at in range(0, len(log), size) for one in reader.feed(log[at : at + size])]
    assert [(one.path, one.prompts[0].text, one.prompts[0].images) for one in served] == [
        ("/v1/messages", "é one", 0),
        ("/api/chat", "two", 2),
    ]


def test_calls_that_generate_nothing_are_no_calls_of_a_model() -> None:
    """Listing models, or looking at one, ends with a line of the web server too."""
    log = ended("/api/show") + ended("/api/tags").replace("POST", "GET ") + traced("a") + ended()
    assert [one.path for one in TraceReader().feed(log.encode())] == ["/v1/messages"]


def test_a_refused_call_has_no_prompt_and_takes_none_from_the_next() -> None:
    """Each prompt belongs to the call that ends after it."""
    log = ended(status=400) + traced("a") + ended()
    assert [len(one.prompts) for one in TraceReader().feed(log.encode())] == [0, 1]


def test_text_that_looks_like_a_line_of_the_log_stays_within_its_prompt() -> None:
    """A client may write what it likes; Go quotes its newlines."""
    forged = r"x\n[GIN] 2026/11/28 - 09:58:08 | 200 | 1s | 1.1.1.1 | POST \"/v1/messages\"\n"
    forged += r"msg=\"loading cache slot\" prompt=1"
    log = traced(forged) + READ.format(n=9) + ended()
    (served,) = TraceReader().feed(log.encode())
    assert served.prompts[0].tokens == 9
    assert "[GIN]" in served.prompts[0].text


def test_a_line_may_begin_after_what_a_library_printed_without_an_end() -> None:
    """The runner's own library prints dots while it loads."""
    log = "......" + traced("a").replace("time=", "...time=", 1) + ended()
    assert [one.prompts[0].text for one in TraceReader().feed(log.encode())] == ["a"]


def test_the_context_in_force_is_the_one_that_the_model_was_loaded_with() -> None:
    """It is said once, when a model is loaded."""
    reader = TraceReader()
    reader.feed(
        f'{HEAD}DEBUG msg="finished setting up" runner.name=x/tiny:latest runner.num_ctx=4096\n'.encode()
    )
    assert reader.context == 4096


def test_bytes_that_are_no_utf_8_do_not_end_the_reading() -> None:
    """Go writes them as escapes, and other libraries as they are."""
    log = b"\xff\xfe\n" + traced(r"a\xff").encode() + ended().encode()
    assert TraceReader().feed(log)[0].prompts[0].text == "a\N{REPLACEMENT CHARACTER}"


def test_fields_are_read_by_their_names() -> None:
    """Plain and quoted values side by side."""
    assert fields_of('time=1 msg="a \\"b\\"" n=3 format=""') == {
        "time": "1",
        "msg": 'a "b"',
        "n": "3",
        "format": "",
    }
