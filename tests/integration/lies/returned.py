"""Lies told to the client: answers, usage, streams, cached answers, and tiers."""

from __future__ import annotations

from tests.integration.lies.told import Group, Lie, caught, told, words
from tests.integration.rogue.liars import Liar

ASKED = "S1 TL-S01 TL-S06 TL-P03 FD-21 FD-80"
STREAMED = "TL-S06 TL-P03 FD-21"

ANSWERS = Group(
    words(core="S1", tools="TL-S01 TL-S06 TL-P03", fidelity="FD-21 FD-80"),
    told(
        {
            "drop-text-beside-call": caught(
                "answer_text_kept",
                "TL-S01 TL-S06 TL-P03",
                "was dropped",
                "It drops the text that stands beside a tool call.",
            ),
            "append-text": caught(
                "answer_text_kept", ASKED, "were appended", "It puts an advertisement behind the answer."
            ),
            "rewrite": caught(
                "answer_text_kept",
                ASKED,
                "the text was changed",
                "It rewrites the answer's text, and its provenance is lost.",
                also="answered",
            ),
            "halve-usage": caught(
                "usage_honest",
                ASKED,
                "the provider states",
                "It states half of the input tokens.",
            ),
            "halve-usage-in-streams": caught(
                "usage_honest", STREAMED, "the provider states", "It halves usage in streams alone."
            ),
            "no-usage-in-streams": caught(
                "usage_honest",
                STREAMED,
                "claims 0 input tokens",
                "It states usage of 0 in streams alone.",
                also="output_usage_honest",
            ),
            "inflate-output": caught(
                "output_usage_honest",
                ASKED,
                "claims 999999 output tokens",
                "It states a million output tokens for a short answer.",
            ),
            "call-twice": caught(
                "no_duplicate_calls",
                ASKED,
                "2 upstream chat calls",
                "It asks the provider twice and returns one answer.",
                also="usage_honest output_usage_honest",
            ),
            "retry": caught(
                "no_duplicate_calls",
                ASKED,
                "2 upstream chat calls",
                "It asks again after a good answer and says nothing of it.",
                also="usage_honest output_usage_honest",
            ),
            "fake-stream": caught(
                "params_kept",
                "FD-21",
                "stream true was turned off",
                "It asks for a whole answer and plays it to the client as a stream.",
            ),
            "whole-for-stream": caught(
                "answered",
                STREAMED,
                "application/json came instead of a stream",
                "It answers whole where a stream was asked for.",
            ),
            "cut-stream": caught("answered", STREAMED, "stream cut", "It ends streams halfway, politely."),
            "swallow-error": caught(
                "answered",
                ASKED,
                "no model was asked",
                "It is refused by the provider, and tells the client 200 and a kind text.",
                also="request_accepted messages_kept system_kept tool_history_kept",
            ),
            "invalidate": caught(
                "request_accepted",
                ASKED,
                "HTTP 400",
                "It forwards a request that the provider refuses.",
                also="answered messages_kept",
            ),
        }
    ),
)

PAIRS = (
    "again-moons late-bees not-software number-loan name-greeting history-travel system-hours "
    "result-disk document-minutes temp-bakery limit-vikings offer-license user-invoices key-orders"
)
IN_CONTEXT = (
    "CA-history-travel-2 CA-system-hours-2 CA-result-disk-2 CA-temp-bakery-2 CA-limit-vikings-2 "
    "CA-offer-license-2 CA-user-invoices-2 CA-key-orders-2"
)


def blind(what: str, on: str) -> Lie:
    """A cache that serves an answer although `what` differs."""
    return caught("provenance", on, "", f"Its cache does not look at {what}.", also="answered")


CACHED = Group(
    {"cache": tuple(f"CA-{pair}{second}" for pair in PAIRS.split() for second in ("", "-2"))},
    told(
        {
            "cache-last-text": blind("anything but the last text of the user", IN_CONTEXT),
            "cache-last-paragraph": blind(
                "anything but the last paragraph", f"{IN_CONTEXT} CA-document-minutes-2"
            ),
            "cache-without-system": blind("the system prompt", "CA-system-hours-2"),
            "cache-without-history": blind("the history", "CA-history-travel-2"),
            "cache-without-results": blind("tool results", "CA-result-disk-2"),
            "cache-without-tools": blind("the tools that are offered", "CA-offer-license-2"),
            "cache-without-temperature": blind("the temperature", "CA-temp-bakery-2"),
            "cache-without-limit": blind("max_tokens", "CA-limit-vikings-2"),
            "cache-without-user": blind("who the user is", "CA-user-invoices-2"),
            "cache-without-key": blind("whose key it is", "CA-key-orders-2"),
            "cache-without-numbers": blind("numbers", "CA-number-loan-2"),
            "cache-without-names": blind("names", "CA-name-greeting-2"),
            "cache-without-negation": blind("negations", "CA-not-software-2"),
            "cache-invents-usage": caught(
                "usage_honest",
                "CA-again-moons-2 CA-late-bees-2",
                "nothing was forwarded",
                "It claims more for an answer from its cache than that answer claimed when it was fresh.",
                also="output_usage_honest",
            ),
        },
        cache="exact",
    )
    | told(
        {
            "cache-alike": caught(
                "provenance",
                "",
                "",
                "It answers similar questions with an answer to another one.",
                also="answered",
            ),
            "cache-same-opening": caught(
                "provenance",
                "",
                "",
                "It answers questions with somebody else's answer.",
                also="answered",
            ),
        },
        cache="semantic",
    ),
    {
        "cache": Liar(("cache",), cache="exact"),
        # It says that it has a cache, and has none: what it misses is a saving.
        "cache-none": Liar(("cache-none",), cache="exact"),
        "cache-repeats-usage": Liar(("cache-repeats-usage",), cache="exact"),
        "claim-hit": Liar(("claim-hit",)),
    },
    # What a cache looks at does not depend on the wire; the worst gateway has one on both.
    wires=("anthropic",),
)

PROMPTS = "RT-trivial-percent RT-coding-sql RT-security-oauth RT-hard-raft"
TASKS = "RT-coding-sql RT-security-oauth RT-hard-raft"
BEYOND = "RT-session-sql RT-envelope-sql"


def reworded(prompts: str) -> str:
    """These prompts and their perturbations."""
    return " ".join(f"{prompt}{suffix}" for prompt in prompts.split() for suffix in ("", "-p1", "-p2"))


ROUTED = Group(
    words(routing=f"{PROMPTS} RT-session-sql-opener {BEYOND}"),
    told(
        {
            "route-cheap": caught(
                "tier_acceptable",
                f"{reworded(TASKS)} {BEYOND}",
                "SIMPLE was chosen",
                "It asks the cheapest model, whatever the task.",
            ),
            "route-by-wording": caught(
                "tier_acceptable", "", "accepts", "It chooses the tier by how the task is worded."
            ),
        },
        routes=True,
    )
    | told(
        {
            "claim-tier": caught(
                "tier_claim_true",
                f"{reworded(PROMPTS)} RT-session-sql-opener {BEYOND}",
                "claims REASONING",
                "It says that it used the strongest model, and used another.",
            ),
        },
        beside=("route",),
        routes=True,
    ),
    {"route": Liar(("route",), routes=True)},
)

# The worst gateway tells these lies at once; each with the check that catches it, and where.
TOGETHER = {
    "cut-results": ("facts_kept", "L2"),
    "swap-tools": ("tools_kept", "T1"),
    "cache-last-text": ("provenance", "CA-history-travel-2"),
    "halve-usage": ("usage_honest", "T1"),
    "call-twice": ("no_duplicate_calls", "T1"),
}
WORST = Group(
    words(core="T1 L2", cache="CA-history-travel CA-history-travel-2"),
    {},
    {"worst": Liar(tuple(TOGETHER), cache="exact")},
)
