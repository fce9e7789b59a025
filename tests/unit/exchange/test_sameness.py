"""Which requests are the same question of the same client, so that one answer will do for both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.errors import RecordsError
from lab.exchange.sameness import Sameness
from lab.records.models import ExchangeRecord
from lab.report.build import build_results
from lab.results.cell import Cell
from tests.unit.records_builder import RunBuilder, marker_of, scenario, variant

ASKED: dict[str, Any] = {
    "model": "m",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Who wrote Kalevala?"}],
}
RECORD = {
    "id": "r1", "seq": 1, "variant": "v", "system": "s", "suite": "core", "scenario": "A", "repeat": 1,
    "wire": "anthropic", "nonce": "n", "marker": "m", "started_at": "2026-01-01T00:00:00",
    "status": "completed",
    "request": "sha", "tokens_sent": {},
}  # fmt: skip
HERS, HIS = "sha256:111111111111", "sha256:222222222222"


def served(root: Path, first: dict[str, Any], then: dict[str, Any], *, together: bool = False) -> Cell:
    """The second of two requests, which is answered with the first one's answer, and without a call."""
    name = "talk" if together else None
    infos = (scenario("A", sequence=name), scenario("X", sequence=name))
    builder = RunBuilder(root, variants=(variant("lynkr", cache="exact"),), scenarios=infos)
    builder.exchange("lynkr", "A", **({"body": ASKED} | first))
    builder.exchange("lynkr", "X", calls=[], marker=marker_of("r1-A-lynkr"), **({"body": ASKED} | then))
    return build_results(builder.store).cell("lynkr", "X")


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({}, {}),
        ({"headers": {"user-agent": "a/1"}}, {"headers": {"user-agent": "b/2"}}),
        ({"headers": {"X-Request-Id": "1"}}, {"headers": {"X-Request-Id": "2"}}),
        ({"headers": {"idempotency-key": "1"}}, {}),
        ({"headers": {"x-stainless-package-version": "1.0"}}, {}),
        ({"headers": {"x-session-id": "s1"}}, {"headers": {"x-session-id": "s2"}}),
        ({"headers": {"X-Claude-Code-Session-Id": "s1"}}, {"headers": {"x-claude-code-session-id": "s2"}}),
        ({"headers": {"Anthropic-Beta": "a"}}, {"headers": {"anthropic-beta": "a"}}),
        ({"credential": HERS}, {"credential": HERS}),
        ({}, {"body": ASKED | {"stream": True}, "stream": True}),
        ({"body": ASKED | {"stream": True}, "stream": True}, {"body": ASKED | {"stream": False}}),
        ({}, {"body": ASKED | {"stream": True, "stream_options": {"include_usage": True}}, "stream": True}),
        ({}, {"body": dict(reversed(ASKED.items()))}),
    ],
)
def test_one_answer_will_do_for_the_same_question_of_the_same_client(
    tmp_path: Path, first: dict[str, Any], then: dict[str, Any], together: bool
) -> None:
    """What names a request or a session, and how the answer is delivered, asks nothing."""
    found = served(tmp_path, first, then, together=together)
    assert found.checks["provenance"].why.endswith("r1-A-lynkr, an equal request of the same client")
    assert {found.checks[name].verdict for name in ("provenance", "answered")} == {"pass"}
    assert (found.cache.hits, found.cache.wrong, found.cache.foreign) == (1, 0, 0)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"credential": HERS}, {"credential": HIS}),
        ({"headers": {"authorization": "Bearer a"}}, {"headers": {"authorization": "Bearer b"}}),
        ({"headers": {"x-user": "1"}}, {"headers": {"x-user": "2"}}),
        ({"headers": {"X-Tenant-Id": "1"}}, {}),
        ({"headers": {"x-portkey-metadata": '{"_user":"1"}'}}, {}),
        ({"headers": {"anthropic-beta": "a"}}, {"headers": {"anthropic-beta": "b"}}),
        ({"headers": {"anthropic-version": "2023-06-01"}}, {"headers": {"anthropic-version": "2023-01-01"}}),
        ({"headers": {"cache-control": "no-store"}}, {}),
        ({}, {"body": ASKED | {"model": "n"}}),
        ({}, {"body": ASKED | {"temperature": 0}}),
        ({}, {"body": ASKED | {"system": "Be brief."}}),
        ({}, {"body": ASKED | {"tools": []}}),
        ({}, {"body": ASKED | {"metadata": {"team": "2"}}}),
        ({}, {"body": ASKED | {"messages": [{"role": "user", "content": "Who wrote Kalevipoeg?"}]}}),
        ({}, {"wire": "openai"}),
    ],
)
def test_another_question_or_client_gets_an_answer_of_its_own(
    tmp_path: Path, first: dict[str, Any], then: dict[str, Any]
) -> None:
    """One byte of the question is enough, and so is another name of who asks."""
    found = served(tmp_path, first, then)
    assert (found.cache.foreign, found.checks["provenance"].verdict) == (1, "fail")


@pytest.mark.parametrize("raw", [b"{", b"[1]", None])
def test_a_body_that_is_no_request_is_like_none_but_itself(raw: bytes | None) -> None:
    """Or one that is lost: a report says so where it shows it."""

    def read(sha: str) -> bytes:
        if raw is None:
            raise RecordsError("lost", next_step="restore it")
        return raw

    one = ExchangeRecord.model_validate(RECORD)
    same = Sameness((), read)
    assert same.equal(one, one.model_copy(update={"id": "r2", "seq": 2}))
    assert not same.equal(one, one.model_copy(update={"request": "other"}))
    assert not same.equal(one, one.model_copy(update={"address": "/v1/messages?tenant=2"}))


def test_another_key_is_another_client_where_records_do_not_tell_keys_apart(tmp_path: Path) -> None:
    """Records of earlier versions say only that the key was another one."""
    infos = (scenario("K", other_client=True), scenario("L", other_client=True))
    for number, credential in enumerate((HERS, "")):
        builder = RunBuilder(tmp_path / str(number), variants=(variant("lynkr"),), scenarios=infos)
        builder.exchange("lynkr", "K", body=ASKED, credential=credential)
        marker = marker_of("r1-K-lynkr")
        builder.exchange("lynkr", "L", body=ASKED, credential=credential, calls=[], marker=marker)
        found = build_results(builder.store).cell("lynkr", "L")
        assert found.cache.verdict == ("hit" if credential else "foreign")
