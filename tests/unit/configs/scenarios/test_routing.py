"""The suite `routing`: enough prompts, defensible, valid, and no two that a cache could confuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import anthropic.types
import numpy as np
import pytest
from pydantic import TypeAdapter

from lab.config.scenarios import Scenario
from lab.figures.decisions import LADDER
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.meter import messages as meter
from lab.meter.minilm import MiniLM
from lab.run.plan import Plan, select_variants
from lab.scenarios.request import build_request
from tests.paths import ROOT

(SUITE,) = load_suites(ROOT, ["routing"])
BY_ID = {scenario.id: scenario for scenario in SUITE.scenarios}
BASE = [scenario for scenario in SUITE.scenarios if scenario.relation is None and scenario.in_pass == 0]
PARAMS = TypeAdapter(anthropic.types.message_create_params.MessageCreateParamsNonStreaming)
HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}
# Below this no semantic cache that a gateway here ships by default takes two prompts for the same (0.95).
TOO_ALIKE = 0.85
NOT_ENGLISH = "routing_languages"
SESSION_FAMILIES = ("routing_coding", "routing_refactor", "routing_security", "routing_risky", "routing_hard")


def of_relation(relation: str) -> list[Scenario]:
    """The scenarios that stand in this relation to a bare prompt."""
    return [scenario for scenario in SUITE.scenarios if scenario.relation == relation]


def texts(message: dict[str, Any]) -> list[str]:
    """The texts of a message, those of tool results left out."""
    content = message["content"]
    if isinstance(content, str):
        return [content]
    return [block["text"] for block in content if block["type"] == "text"]


def last_user(scenario: Scenario) -> list[str]:
    """The texts of the last user message."""
    return texts([message for message in scenario.messages if message["role"] == "user"][-1])


def test_there_are_enough_prompts_in_every_family() -> None:
    """At least 44 in twelve families, at least three each; openers are in a group of their own."""
    families = Counter(scenario.class_ for scenario in BASE)
    assert len(BASE) >= 44
    assert set(families) == set(SUITE.classes) - {"routing_openers"}
    assert len(families) == 12
    assert min(families.values()) >= 3


def test_every_prompt_says_what_is_acceptable_and_why() -> None:
    """The acceptable tiers are neighbours on the ladder, and never all of them."""
    for scenario in SUITE.scenarios:
        tiers = scenario.acceptable_tiers
        ranks = [LADDER.index(tier) for tier in tiers]
        assert ranks == list(range(min(ranks), max(ranks) + 1)), scenario.id
        assert 1 <= len(tiers) < len(LADDER), scenario.id
        assert len(scenario.tiers_why.split()) >= 2, scenario.id


def test_no_tier_is_right_for_most_prompts() -> None:
    """Serving one tier for everything is right for less than two thirds of the prompts."""
    counts = Counter(tier for scenario in BASE for tier in scenario.acceptable_tiers)
    assert max(counts.values()) / len(BASE) < 2 / 3
    assert set(counts) == set(LADDER)


def test_the_limit_on_answers_gives_nothing_away() -> None:
    """A router that goes by max_tokens learns nothing from it."""
    assert len({scenario.max_tokens for scenario in SUITE.scenarios}) == 1


def test_every_base_prompt_is_perturbed_twice_in_other_words() -> None:
    """The texts differ by more than case and spaces, and each goes in a pass of its own."""
    assert len(BASE) >= 50
    for scenario in BASE:
        wordings = [last_user(scenario)[-1], *scenario.perturbations]
        plain = {"".join(filter(str.isalnum, text.casefold())) for text in wordings}
        assert len(plain) == 3, scenario.id
        one, two = BY_ID[f"{scenario.id}-p1"], BY_ID[f"{scenario.id}-p2"]
        assert (one.in_pass, two.in_pass) == (1, 2)
        assert one.acceptable_tiers == two.acceptable_tiers == scenario.acceptable_tiers
        assert one.of == two.of == scenario.id


def test_a_perturbation_keeps_what_stands_before_the_users_words() -> None:
    """Reminders and long documents are there in every wording; only the question is worded anew."""
    for name in ("RT-reminder-deadlock", "RT-long-log"):
        base, perturbed = last_user(BY_ID[name]), last_user(BY_ID[f"{name}-p1"])
        assert perturbed == [base[0], BY_ID[name].perturbations[0]]


@pytest.mark.parametrize("scenario", SUITE.scenarios, ids=lambda scenario: scenario.id)
def test_every_request_is_valid_and_sent_word_for_word(scenario: Scenario) -> None:
    """By the vendor's SDK types and by the meter; there is no nonce in it."""
    body = build_request(scenario, "claude-sonnet-4-5", "nonce00000")
    PARAMS.validate_python(body)
    meter.validate(body, HEADERS)
    assert body["messages"] == scenario.messages


def test_a_session_goes_on_from_its_opener_to_the_bare_task() -> None:
    """The first message is the same text, by which a gateway knows a session; the last is the bare one's.

    There are two of each family, so that no choice of tasks favours a router.
    """
    sessions = of_relation("session")
    assert Counter(scenario.class_ for scenario in sessions) == dict.fromkeys(SESSION_FAMILIES, 2)
    for scenario in sessions:
        opener, task = [one for one in SUITE.scenarios if one.sequence == scenario.sequence]
        bare = BY_ID[scenario.of or ""]
        assert task is scenario
        assert (opener.relation, opener.in_pass, task.in_pass) == (None, 4, 4)
        assert opener.answer is not None
        first, reply, last = scenario.messages
        assert [first] == opener.messages
        assert reply == {"role": "assistant", "content": opener.answer.text}
        assert last == bare.messages[-1]
        assert (opener.system, opener.tools) == (task.system, task.tools) == (bare.system, bare.tools)
        assert task.acceptable_tiers == bare.acceptable_tiers
        assert opener.acceptable_tiers == ["SIMPLE"]


def test_an_envelope_holds_the_bare_task_among_tools_reminders_and_history() -> None:
    """The last text is the bare prompt's, byte for byte; around it is what agents send."""
    envelopes = of_relation("envelope")
    assert len(envelopes) >= 5
    for scenario in envelopes:
        bare = BY_ID[scenario.of or ""]
        reminder, task = last_user(scenario)
        assert task == last_user(bare)[-1]
        assert reminder.startswith("<system-reminder>")
        assert len(scenario.tools) == 14
        assert len(scenario.messages) >= 5
        assert scenario.system is not None
        assert scenario.in_pass == 3
        assert scenario.acceptable_tiers == bare.acceptable_tiers


def test_only_routers_are_asked_more_than_the_base_prompts() -> None:
    """The base prompts go to all, so that what routing costs stands beside what no routing costs."""
    variants = select_variants(load_lab(ROOT), load_systems(ROOT), ["direct", "litellm-router"])
    plan = Plan(ROOT, load_lab(ROOT), variants, (SUITE,), 1, 3)
    asked = [step.scenario.id for step in plan.steps(1) if step.variant == "direct"]
    assert sorted(asked) == sorted(scenario.id for scenario in BASE)


Vector = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def embed() -> Callable[[str], Vector]:
    """The real sentence vectors, each text's computed once."""
    return cache(MiniLM().embed)


@pytest.mark.slow
def test_no_two_prompts_of_a_pass_are_so_alike_that_a_cache_could_confuse_them(
    embed: Callable[[str], Vector],
) -> None:
    """Else a cache would answer for the router; passes begin with fresh state."""
    for number in range(5):
        asked = [scenario for scenario in SUITE.scenarios if scenario.in_pass == number]
        matrix = np.stack([embed("\n".join(last_user(scenario))) for scenario in asked])
        likeness = matrix @ matrix.T - 2 * np.eye(len(asked), dtype=np.float32)
        one, other = divmod(int(likeness.argmax()), len(asked))
        assert likeness.max() < TOO_ALIKE, (asked[one].id, asked[other].id)


def test_a_perturbation_is_nearer_to_its_own_prompt_than_to_any_other(
    embed: Callable[[str], Vector],
) -> None:
    """It says the same; measured on the user's words alone, in the one language that the model knows."""
    english = [scenario for scenario in BASE if scenario.class_ != NOT_ENGLISH]
    matrix = np.stack([embed(last_user(scenario)[-1]) for scenario in english])
    perturbed = of_relation("perturbation")
    assert len(perturbed) == 2 * len(BASE)
    for scenario in perturbed:
        if scenario.class_ != NOT_ENGLISH:
            nearest = english[int((matrix @ embed(last_user(scenario)[-1])).argmax())]
            assert nearest.id == scenario.of, scenario.id
