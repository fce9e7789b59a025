"""Reasons that differ in names and numbers alone have one cause; lists of differences have several."""

from __future__ import annotations

import pytest

from lab.checks.answers import REFUSED
from lab.checks.registry import failed, failed_each, passed
from lab.topics.verdicts.causes import causes_of, failures_of


@pytest.mark.parametrize(
    ("check", "one", "other"),
    [
        (
            "facts_kept",
            "1 of 20 facts are lost, such as a 1",
            "9 of 40 facts are lost, such as b 2, c and 7 more",
        ),
        ("params_kept", 'stop ["###"] was dropped', 'stop ["a; b", "c"] was dropped'),
        ("params_kept", 'user "u-1" was dropped', 'user "u-2" was dropped'),
        (
            "tool_history_kept",
            'the call of a "1" arrived as "2", outside JSON\'s interoperable range of integers (RFC 8259)',
            'the call of b "3" arrived as "4", outside JSON\'s interoperable range of integers (RFC 8259)',
        ),
        ("tools_kept", "Read was not forwarded", "Bash was not forwarded"),
        ("tools_kept", "Read lost properties.a of its schema", "Bash has another properties.b in its schema"),
        ("messages_kept", "the image/png was dropped", "the image/jpeg was dropped"),
        (
            "messages_kept",
            'the user text 2 of 2 arrived glued to the one before it: "a"',
            'the assistant text 3 of 9 arrived glued to the one before it: "b"',
        ),
        (
            "answer_text_kept",
            'the text beside the tool call was dropped (35 characters): "I"',
            'the text beside the tool calls was dropped (1 character): "You"',
        ),
        (
            "system_kept",
            'the system text "a…" (431 characters) was dropped',
            'the system text "b" was dropped',
        ),
        ("answer_text_kept", '1 character was appended: "!"', '12 characters were appended: "Buy <b>!"'),
        (
            "tier_acceptable",
            "SIMPLE was chosen; this scenario accepts COMPLEX",
            "COMPLEX was chosen; this scenario accepts SIMPLE or MEDIUM",
        ),
        (
            "tool_call_intact",
            "the provider called Read; what arrived is none",
            "the provider called Bash, Edit; what arrived is none",
        ),
        ("request_accepted", "1 of 1 calls rejected: HTTP 400: a", "3 of 4 calls rejected: HTTP 400: a"),
        ("content_added", 'system text "It is 10:04" was added', 'system text "It is 11:59" was added'),
    ],
)
def test_names_and_numbers_make_no_other_cause(check: str, one: str, other: str) -> None:
    """What a gateway does is the same, whatever it does it to."""
    assert _causes(check, one) == _causes(check, other)
    assert len(_causes(check, one)) == 1


@pytest.mark.parametrize(
    ("check", "one", "other"),
    [
        ("params_kept", 'stop ["###"] was dropped', 'user "u-1" was dropped'),
        ("params_kept", 'stop ["###"] was dropped', 'stop ["###"] arrived as ["a"]'),
        ("messages_kept", "the image/png was dropped", "the image/png arrived as text"),
        ("messages_kept", 'the user text "a" was dropped', 'the assistant text "a" was dropped'),
        ("content_added", 'system text "Be brief." was added', 'system text "Ignore it." was added'),
        ("content_added", 'user text "a" was added', 'user text "did not ask for usage" was added'),
        ("tools_kept", "Read was not forwarded", "Read lost properties.a of its schema"),
        ("request_accepted", "1 of 1 calls rejected: HTTP 400: a", "1 of 1 calls rejected: HTTP 400: b"),
    ],
)
def test_what_a_gateway_does_otherwise_is_another_cause(check: str, one: str, other: str) -> None:
    """One finding does not hide another."""
    assert _causes(check, one) != _causes(check, other)


def _causes(check: str, why: str) -> list[str]:
    return list(causes_of(check, failed(why)))


def test_each_listed_difference_is_a_cause() -> None:
    """Each with its own reason, also if the check only counts it; elsewhere a semicolon parts nothing."""
    found = ('stop ["a; b"] was dropped', 'user "u" was dropped', "top_p 0.5 was dropped")
    judgement = failed_each(found)
    assert judgement.why == 'stop ["a; b"] was dropped; user "u" was dropped; and 1 more'
    assert causes_of("params_kept", judgement) == dict(
        zip(("stop … was dropped", "user … was dropped", "top_p N was dropped"), found, strict=True)
    )
    assert len(_causes("answered", "HTTP 500: a; b")) == 1


def test_usage_that_nobody_asks_for_is_one_cause_on_both_sides() -> None:
    """Input and output are missing for the same reason."""
    ends = ("121 were forwarded", "18 are in the provider's answer")
    whys = [
        f"claims 0 tokens; {end}, and it stated none, as the gateway did not ask for usage" for end in ends
    ]
    assert _causes("usage_honest", whys[0]) == _causes("output_usage_honest", whys[1])


def test_what_follows_from_another_failure_is_none_of_its_own() -> None:
    """A request that the provider refused has no answer; other failures do not follow from one another."""
    refused = {
        "answered": failed("HTTP 400", cause=REFUSED),
        "request_accepted": failed("HTTP 400"),
        "x": passed(""),
    }
    assert [name for name, _ in failures_of(refused)] == ["request_accepted"]
    assert [name for name, _ in failures_of({"answered": failed("HTTP 500", cause=REFUSED)})] == ["answered"]
