"""Evidence pages show what was sent, forwarded and answered, bounded, whatever the bodies hold."""

from __future__ import annotations

import re
from pathlib import Path

import orjson

from lab.records.models import ExchangeRecord
from lab.report import render
from lab.tokens import TokenParts
from tests.unit.evidence_pages import cells_of
from tests.unit.records_builder import Call, RunBuilder
from tests.unit.suites_run import payload


def _page(builder: RunBuilder, variant: str = "litellm", scenario: str = "S1") -> str:
    render(builder.store.path)
    return cells_of(builder.store.path)[f"{variant}--{scenario}"]


def _both(builder: RunBuilder, **fields: object) -> ExchangeRecord:
    builder.exchange("direct", "S1")
    return builder.exchange("litellm", "S1", **fields)  # type: ignore[arg-type]


def test_what_a_gateway_changed_is_marked_on_both_sides(tmp_path: Path) -> None:
    """A system text that was put in is marked on the right; the same request has no mark."""
    builder = RunBuilder(tmp_path)
    question = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
    forwarded = {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, *question["messages"]],
    }
    call = Call(
        model="m", body=forwarded, wire="chat", path="/v1/chat/completions", tokens=TokenParts(system=3)
    )
    _both(builder, body=question, calls=[call])
    text = _page(builder)
    assert re.search(r'<tr class="added"><td>\+</td><td></td><td><ins>  Be brief\.</ins></td></tr>', text)
    assert "0 of 3 lines on the left are not on the right" in text
    assert "Both sides are the same." in _page(builder, "direct")


def test_a_cached_answer_says_that_nothing_was_forwarded(tmp_path: Path) -> None:
    """Without an upstream call the page says so, and shows what the client received."""
    builder = RunBuilder(tmp_path)
    _both(builder, calls=[], marker="labmark-0123456789abcdef", text="From the cache.")
    text = _page(builder)
    assert "Nothing was forwarded to a model in this exchange." in text
    assert "From the cache." in text
    assert "another exchange&#x27;s" in text or "another exchange&#39;s" in text


def test_a_body_of_ten_megabytes_is_bounded_and_named(tmp_path: Path) -> None:
    """A huge hostile answer makes a small page that names the whole body."""
    builder = RunBuilder(tmp_path)
    huge = b'{"x":"' + b"<script>\x1b[2J" * 800_000 + b'"}'
    record = _both(builder, status="failed", reason="invalid JSON", raw_response=huge)
    text = _page(builder)
    assert len(text) < 200_000
    assert "<script" not in text
    assert f"<code>bodies/{record.response}</code>" in text
    assert "too much to lay out here" in text
    assert "the beginning of 9.6 MB" in text or "the beginning of 10.4 MB" in text


def test_bodies_that_are_no_json_are_shown_as_text(tmp_path: Path) -> None:
    """HTML, empty and binary answers are shown as what they are."""
    builder = RunBuilder(tmp_path)
    _both(
        builder, status="failed", reason="HTML", raw_response=b"<html><body>Bad gateway\xff\x00</body></html>"
    )
    text = _page(builder)
    assert "&lt;html&gt;&lt;body&gt;Bad gateway\ufffd\u2400&lt;/body&gt;" in text


def test_a_deeply_nested_body_does_not_break_the_page(tmp_path: Path) -> None:
    """JSON nested a hundred thousand levels deep is shown as text."""
    builder = RunBuilder(tmp_path)
    _both(builder, status="failed", reason="deep", raw_response=b"[" * 100_000)
    assert "deep" in _page(builder)


def test_a_record_cannot_make_the_report_read_another_file(tmp_path: Path) -> None:
    """A body's name that is a path out of the folder is neither opened nor linked."""
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    builder = RunBuilder(tmp_path)
    _both(builder)
    records = builder.store.path / "exchanges.jsonl"
    lines = [orjson.loads(line) for line in records.read_bytes().splitlines()]
    for line in lines:
        line["response"] = "../../secret.txt"
    records.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    text = _page(builder)
    assert "hidden words" not in text
    assert "secret.txt" not in text


def test_retries_and_rejected_calls_are_shown(tmp_path: Path) -> None:
    """Every attempt's status and every rejected upstream call is on the page."""
    builder = RunBuilder(tmp_path)
    _both(builder, attempts=2, calls=[Call(status=400, error="tools.0: bad"), Call()])
    text = _page(builder)
    assert "503, 200" in text
    assert "1 rejected" in text
    assert "tools.0: bad" in text


def test_the_exchange_shown_is_the_first_that_completed(tmp_path: Path) -> None:
    """A failed first repeat is listed, and the completed second one is shown."""
    builder = RunBuilder(tmp_path)
    builder.exchange("direct", "S1")
    builder.exchange("litellm", "S1", 1, status="failed", reason="HTTP 500: no")
    builder.exchange("litellm", "S1", 2)
    text = _page(builder)
    assert "<code>r2-S1-litellm</code>, the first one that completed" in text
    assert "r1-S1-litellm" in text


def test_a_large_payload_makes_a_small_page_that_names_all_of_it(tmp_path: Path) -> None:
    """Of 400 kB of which half was dropped, the page shows passages with context, and names the bodies."""
    builder = RunBuilder(tmp_path)
    text = payload(2, 900)
    sent = {"model": "m", "messages": [{"role": "user", "content": text}]}
    half = "\n".join(text.split("\n")[: text.count("\n") // 2])
    forwarded = {"model": "m", "messages": [{"role": "user", "content": half}]}
    assert len(text) > 400_000
    record = _both(builder, body=sent, calls=[Call(model="m", body=forwarded)])
    page = _page(builder)
    assert len(page) < 60_000
    assert f"<code>bodies/{record.request}</code>" in page
    assert re.search(r"[\d,]+ equal lines are not shown", page)
    assert re.search(r"[\d,]+ more differing lines are not shown", page)
    assert "the beginning of" in page
