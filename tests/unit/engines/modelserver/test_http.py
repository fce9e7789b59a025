"""Servers that hang, hang up, answer with pages, or with errors of their own."""

from __future__ import annotations

import pytest

from lab.engines.modelserver.http import Http, Refusal, Silence, shown_url
from lab.engines.modelserver.server import reach
from lab.errors import EngineError
from tests.unit.model_api import Reply, serving


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply({"error": "model requires more memory"}, 500), "model requires more memory"),
        (Reply({"error": {"message": "no such model", "code": 404}}, 404), "no such model"),
        (Reply("<html>", 502, "text/html"), "HTTP 502"),
        (Reply("<html>Sign in", 200, "text/html"), "HTTP 200 with text/html, not a JSON object"),
        (Reply([], 200), "not a JSON object"),
        (Reply("", 302), "HTTP 302"),
    ],
)
def test_what_is_no_answer_is_a_refusal_in_the_server_s_words(reply: Reply, why: str) -> None:
    """An error, a page, and nothing at all."""
    with serving({"GET /x": reply}) as fake:
        http = Http(fake.url)
        with pytest.raises(Refusal, match=why):
            http.json("GET", "/x")
        http.close()


def test_a_server_that_hangs_is_left_after_its_time() -> None:
    """And the time is said."""
    with serving({"GET /x": Reply({}, delay_s=1.0)}) as fake:
        http = Http(fake.url)
        with pytest.raises(Silence, match="says nothing within 0 s"):
            http.json("GET", "/x", timeout_s=0.1)
        http.close()


def test_a_server_that_hangs_up_is_told_apart_from_one_that_is_not_there() -> None:
    """It may have run out of memory, or been restarted."""
    with serving({"GET /x": Reply(hang_up=True)}) as fake:
        http = Http(fake.url)
        with pytest.raises(Silence, match="ended the connection") as caught:
            http.json("GET", "/x")
        assert "out of memory" in caught.value.next_step
    with pytest.raises(Silence, match="refused"):
        http.json("GET", "/x")
    http.close()


def test_a_password_in_a_url_is_used_and_never_shown() -> None:
    """Records and reports hold the rest of it."""
    assert shown_url("https://me:secret@host:11434/ollama/") == "https://host:11434/ollama"
    assert shown_url("http://127.0.0.1:11434") == "http://127.0.0.1:11434"
    with pytest.raises(EngineError) as caught:
        reach("http://me:secret@127.0.0.1:9")
    assert "http://127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_events_end_with_the_error_among_them() -> None:
    """Their status is 200 all the same; lines that are no JSON are passed over."""
    with serving({"POST /x": Reply('{"status": "a"}\n<p>\n{"error": "b is missing"}\n')}) as fake:
        http = Http(fake.url)
        events = http.events("/x", {})
        assert [next(events), next(events)] == [{"status": "a"}, {}]
        with pytest.raises(Refusal, match="b is missing"):
            next(events)
        http.close()


def test_the_status_of_what_is_not_there_is_an_answer() -> None:
    """HEAD asks just that; of other calls it is an error."""
    with serving({}) as fake:
        http = Http(fake.url)
        assert http.status("HEAD", "/api/blobs/sha256:0") == 404
        with pytest.raises(Refusal, match="not found"):
            http.status("DELETE", "/x", body={})
        http.close()
