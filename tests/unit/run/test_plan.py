"""The plan: order, nonces, markers, and the choice of variants."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.loading.suites import load_suite
from lab.names import ClientWire
from lab.run.plan import Plan, environment_of, select_variants
from lab.scenarios.request import build_request
from lab.tokens import count
from tests.paths import ROOT


def make_plan(seed: int = 7, repeats: int = 3) -> Plan:
    """The project's own plan with a given seed."""
    lab = load_lab(ROOT)
    variants = select_variants(lab, load_systems(ROOT), [])
    return Plan(ROOT, lab, variants, load_suites(ROOT, lab.suites), repeats, seed)


def test_every_repeat_holds_every_scenario_once_for_every_variant() -> None:
    """No step is lost or doubled by shuffling."""
    plan = make_plan()
    wanted = {(s.id, v.name) for suite in plan.suites for s in suite.scenarios for v in plan.variants}
    for repeat in (1, 2, 3):
        steps = [(step.scenario.id, step.variant) for step in plan.steps(repeat)]
        assert len(steps) == len(wanted)
        assert set(steps) == wanted


def test_the_same_seed_gives_the_same_order_and_another_seed_another() -> None:
    """A recorded seed is enough to repeat a run's order."""
    order = [step.exchange_id for step in make_plan(1).steps(1)]
    assert order == [step.exchange_id for step in make_plan(1).steps(1)]
    assert order != [step.exchange_id for step in make_plan(2).steps(1)]
    assert order != [step.exchange_id for step in make_plan(1).steps(2)]


def test_variants_are_interleaved_so_that_drift_hits_all_alike() -> None:
    """All variants are sent a scenario before any variant is sent the next one."""
    plan = make_plan()
    steps = list(plan.steps(1))
    size = len(plan.variants)
    for at in range(0, len(steps), size):
        block = steps[at : at + size]
        assert len({step.scenario.id for step in block}) == 1
        assert {step.variant for step in block} == {planned.name for planned in plan.variants}


def test_scenarios_and_variants_are_shuffled_anew() -> None:
    """Else whatever comes first would always be asked of colder caches and a cooler machine."""
    plan = make_plan(repeats=5)
    scenarios, firsts = set(), set()
    for repeat in range(1, 6):
        steps = list(plan.steps(repeat))
        scenarios.add(tuple(dict.fromkeys(step.scenario.id for step in steps)))
        blocks = [steps[at : at + len(plan.variants)] for at in range(0, len(steps), len(plan.variants))]
        orders = {tuple(step.variant for step in block) for block in blocks}
        assert len(orders) > 1
        firsts |= {order[0] for order in orders}
    assert len(scenarios) > 1
    assert firsts == {planned.name for planned in plan.variants}


def test_a_sequence_keeps_its_order_in_every_repeat() -> None:
    """SC2 asks about what SC1 left in a cache, so it never comes first."""
    plan = make_plan(repeats=20)
    for repeat in range(1, 21):
        ids = [step.scenario.id for step in plan.steps(repeat)]
        assert ids.index("SC1") < ids.index("SC2")


def routed_plan(tmp_path: Path, wire: ClientWire = "anthropic") -> Plan:
    """A plan of one suite with a perturbed prompt, beside the core suite."""
    path = tmp_path / "configs" / "scenarios" / "own.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(OWN, encoding="utf-8")
    suites = (load_suite(path), *load_suites(ROOT, ["core"]))
    variants = select_variants(load_lab(ROOT), load_systems(ROOT), ["direct", "litellm-router"])
    return Plan(ROOT, load_lab(ROOT), variants, suites, 2, 5, wire)


OWN = """
suite: own
title: Own prompts
nonce: false
answer: {text: An answer.}
classes: {short: Short prompts}
scenarios:
  - id: A
    title: A
    looks_at: routing
    class: short
    max_tokens: 16
    acceptable_tiers: [SIMPLE]
    tiers_why: It is short.
    perturbations: ["What's two and two?", Please add two to two.]
    messages: [{role: user, content: "What is two plus two?"}]
  - id: B
    title: B
    looks_at: routing
    class: short
    max_tokens: 16
    messages: [{role: user, content: Name a colour.}]
"""


def test_every_suite_and_every_perturbation_has_a_pass_of_its_own(tmp_path: Path) -> None:
    """State is wiped between passes, so no cache answers a perturbation, and no suite for another."""
    for repeat in (1, 2):
        passes = routed_plan(tmp_path / str(repeat)).passes(repeat)
        assert {(part.suite, part.number) for part in passes} == {
            ("own", 0),
            ("own", 1),
            ("own", 2),
            ("core", 0),
        }
        held = {(part.suite, part.number): {s.scenario.id for s in part.steps} for part in passes}
        assert held["own", 0] == {"A", "B"}
        assert held["own", 1] == {"A-p1"}
        assert held["own", 2] == {"A-p2"}
        assert {step.suite for part in passes if part.suite == "core" for step in part.steps} == {"core"}


def test_only_routers_are_asked_perturbations(tmp_path: Path) -> None:
    """Whether a tier flips is a question to those who choose one."""
    steps = list(routed_plan(tmp_path).steps(1))
    assert {s.variant for s in steps if s.scenario.relation == "perturbation"} == {"litellm-router"}
    assert {s.variant for s in steps if s.scenario.id == "A"} == {"direct", "litellm-router"}


def test_a_perturbation_is_the_scenario_in_other_words(tmp_path: Path) -> None:
    """All but the words of the last user message stays as it is, and it names what it comes from."""
    own = routed_plan(tmp_path).suites[0]
    base, first, second, _ = own.scenarios
    assert [first.messages[-1]["content"], second.messages[-1]["content"]] == base.perturbations
    assert (first.of, first.relation, first.in_pass, second.in_pass) == ("A", "perturbation", 1, 2)
    assert first.acceptable_tiers == base.acceptable_tiers
    assert (base.nonce, first.nonce) == (False, False)


def test_a_shuffled_order_of_passes_comes_from_the_seed(tmp_path: Path) -> None:
    """Drift within a repeat must not always hit the same suite."""
    orders = {tuple((p.suite, p.number) for p in routed_plan(tmp_path).passes(1))}
    plan = routed_plan(tmp_path / "more")
    orders |= {tuple((p.suite, p.number) for p in plan.passes(repeat)) for repeat in range(1, 10)}
    assert len(orders) > 1


def test_only_a_sequence_shares_a_nonce() -> None:
    """A shared nonce elsewhere would let one scenario answer for another; all variants are sent the same."""
    plan = make_plan()
    by_nonce: dict[str, set[str]] = {}
    for repeat in (1, 2):
        for step in plan.steps(repeat):
            if not step.scenario.nonce:
                continue
            scope = step.scenario.sequence or step.scenario.id
            by_nonce.setdefault(plan.nonce(step), set()).add(f"{repeat}-{scope}")
    assert len(by_nonce) > 10
    assert all(len(scopes) == 1 for scopes in by_nonce.values())
    assert all(len(nonce) == 10 and nonce.isalnum() for nonce in by_nonce)


def test_cache_scenarios_are_sent_word_for_word() -> None:
    """A nonce that two paraphrases share makes them more alike than they are, and so makes cache hits."""
    plan = make_plan()
    names = {"SC1", "SC2", "L1-seed", "L2-seed"}
    steps = [step for step in plan.steps(1) if step.scenario.id in names]
    assert {step.scenario.id for step in steps} == names
    for step in steps:
        body = build_request(step.scenario, "m", plan.nonce(step), "anthropic")
        assert plan.nonce(step) == ""
        assert body["messages"] == step.scenario.messages


def test_markers_are_unique_to_an_exchange() -> None:
    """Provenance rests on no two exchanges having the same marker."""
    plan = make_plan()
    markers = [plan.marker(step) for repeat in (1, 2, 3) for step in plan.steps(repeat)]
    assert len(set(markers)) == len(markers)


def test_all_answers_with_a_marker_have_the_same_number_of_tokens() -> None:
    """Else one variant's answers would cost more than another's for no reason of its own."""
    plan = make_plan()
    counts = {count([f"An answer.\n\n{plan.marker(step)}"]) for step in plan.steps(1)}
    assert len(counts) == 1


def test_a_system_name_chooses_its_default_variants() -> None:
    """`--systems litellm` means LiteLLM as it runs by default, with its router and its cache."""
    lab, systems = load_lab(ROOT), load_systems(ROOT)
    assert [v.name for v in select_variants(lab, systems, ["litellm", "direct"])] == [
        "direct",
        "litellm",
        "litellm-router",
        "litellm-cache",
    ]
    assert [v.name for v in select_variants(lab, systems, ["litellm-router"])] == ["litellm-router"]


def test_variants_of_one_configuration_share_an_instance_and_others_have_their_own() -> None:
    """What an instance remembers for one variant must not answer another that is set up otherwise."""
    planned = select_variants(load_lab(ROOT), load_systems(ROOT), [])
    shared: dict[str, list[str]] = {}
    for one in planned:
        shared.setdefault(one.instance, []).append(one.name)
    assert {name: names for name, names in shared.items() if names != [name]} == {
        "litellm": ["litellm", "litellm-router"],
        "portkey": ["portkey", "portkey-conditional"],
    }


def test_what_a_variant_sets_is_never_taken_from_the_callers_shell() -> None:
    """A variable that happens to be set there must not start another variant than the report names."""
    shell = {"PATH": "/bin", "MEMORY_ENABLED": "false", "LAB_KEEPS_STATE": "true"}
    systems = load_systems(ROOT)
    shipped, lean = select_variants(load_lab(ROOT), systems, ["lynkr", "lynkr-lean"])
    assert environment_of(shipped, shell) == {"PATH": "/bin", "LAB_KEEPS_STATE": "true"}
    assert environment_of(lean, {"MEMORY_ENABLED": "true"})["MEMORY_ENABLED"] == "false"
    (plain,) = select_variants(load_lab(ROOT), systems, ["litellm-router"])
    assert "LAB_KEEPS_STATE" not in environment_of(plain, shell)


def test_an_unknown_system_is_refused_with_the_nearest_name() -> None:
    """A typing error costs a second, not a run."""
    with pytest.raises(UsageError) as caught:
        select_variants(load_lab(ROOT), load_systems(ROOT), ["litelm"])
    assert "unknown system or variant: litelm" in caught.value.message
    assert "did you mean litellm?" in caught.value.next_step
