"""The claims in configs/systems: complete, testable as written, and in the manifest of a run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from lab.errors import ConfigError
from lab.loading.configs import load_lab, load_suites, load_systems
from lab.records.manifest import ClaimInfo
from lab.run.manifest import claims_of
from lab.run.plan import Plan, select_variants
from lab.topics.vendor_claims.measure import measure_named
from tests.paths import ROOT

GATEWAYS = ("litellm", "lynkr", "portkey")
CLAIMS = [(system.system, claim) for system in load_systems(ROOT).values() for claim in system.claims]
IDS = [f"{system}-{claim.id}" for system, claim in CLAIMS]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the repository's configs and compose folders."""
    for name in ("configs", "compose"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def with_claim(root: Path, text: str) -> Path:
    """Write a claim into direct.yaml; its first line is the file's last but so many."""
    path = root / "configs" / "systems" / "direct.yaml"
    head = "claims:\n  - id: c\n    text: t\n    source: s\n    date: d\n"
    path.write_text(path.read_text("utf-8") + head + "".join(f"    {line}\n" for line in text.splitlines()))
    return path


def said(root: Path) -> ConfigError:
    """The error that loading the systems ends with."""
    with pytest.raises(ConfigError) as caught:
        load_systems(root)
    return caught.value


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_gateway_has_claims_with_ids_of_their_own(name: str) -> None:
    """A vendor states something about each of them."""
    ids = [claim.id for system, claim in CLAIMS if system == name]
    assert len(ids) >= 5
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("system", "claim"), CLAIMS, ids=IDS)
def test_every_claim_has_a_source_a_date_and_a_test_or_a_reason(system: str, claim: object) -> None:
    """A link to where it is stated, and a measure that exists unless it says why there is none."""
    data = claim.model_dump()  # type: ignore[attr-defined]
    assert data["source"].startswith("https://"), system
    assert re.search(r"20\d\d-\d\d|release \d", data["date"])
    assert data["text"]
    if data["measure"]:
        assert measure_named(data["measure"]) is not None
    assert data["not_testable"] or (data["measure"] and data["stated"] is not None and data["rule"])


def test_claims_name_scenarios_and_classes_that_exist() -> None:
    """A name that is in no suite would leave a claim untested for ever; suites to come are left alone."""
    suites = {suite.suite: suite for suite in load_suites(ROOT, ["all"])}
    ids = {scenario.id for suite in suites.values() for scenario in suite.scenarios}
    checked = 0
    for system, claim in CLAIMS:
        for name in claim.with_.get("scenarios", ()):
            assert name in ids, (system, claim.id, name)
            checked += 1
        for name in claim.with_.get("classes", ()):
            suite, _, group = name.partition("/")
            if suite in suites:
                assert not group or group in suites[suite].classes, (system, claim.id, name)
                checked += 1
    assert checked > 10


def test_an_unknown_measure_is_named_with_the_nearest(root: Path) -> None:
    """File, line, key and what was meant."""
    path = with_claim(root, "measure: saving_percentage\nwith: {variant: direct}\nstated: 1\nrule: at_most")
    line = path.read_text("utf-8").splitlines().index("    measure: saving_percentage") + 1
    error = said(root)
    assert f"configs/systems/direct.yaml:{line}: claims.0.measure: there is no measure" in error.message
    assert "did you mean saving_percent?" in error.next_step


@pytest.mark.parametrize(
    ("text", "message", "step"),
    [
        (
            "measure: saving_percent\nstated: 1\nrule: at_most",
            "claims.0.with.variant: this key is missing",
            "add it",
        ),
        (
            "measure: saving_percent\nwith: {variant: direct, scenario: [S1]}\nstated: 1\nrule: at_most",
            "claims.0.with.scenario: unknown key",
            "did you mean scenarios?",
        ),
        (
            "measure: saving_percent\nwith: {variant: direct, take: worst}\nstated: 1\nrule: at_most",
            "claims.0.with.take: input should be 'all' or 'best'",
            "known: all, best",
        ),
        (
            "measure: saving_percent\nwith: {variant: dirct}\nstated: 1\nrule: at_most",
            "claims.0.with.variant: direct has no variant dirct",
            "did you mean direct?",
        ),
        (
            "measure: overhead_between_ms\nwith: {variant: direct}\nstated: 1\nrule: at_most",
            "claims.0.with.against: this key is missing",
            "add it",
        ),
        (
            "measure: saving_percent\nwith: {variant: direct}\nrule: at_most",
            "claims.0.stated: this key is missing",
            "not_testable",
        ),
        (
            "measure: saving_percent\nwith: {variant: direct}\nstated: 1",
            "claims.0.rule: this key is missing",
            "at_most",
        ),
        (
            "measure: routing_right_percent\nwith: {variant: direct}\nstated: 1\nrule: share",
            "claims.0.of: this key is missing",
            "stated: 4, of: 11",
        ),
        (
            "measure: saving_percent\nwith: {variant: direct}\nstated: 1\nrule: atmost",
            "claims.0.rule: input should be",
            "did you mean at_most?",
        ),
        (
            "stated: 1\nrule: at_most",
            "claims.0.measure: nothing says how the claim is tested",
            "not_testable",
        ),
        ("not_testable: n\nwith: {variant: direct}", "claims.0.with: parameters without a measure", "remove"),
        ("not_testable: n\nwhit: {variant: direct}", "claims.0.whit: unknown key", "did you mean with?"),
    ],
)
def test_a_mistake_in_a_claim_is_named_with_key_and_next_step(
    root: Path, text: str, message: str, step: str
) -> None:
    """Nothing about a claim is ignored."""
    with_claim(root, text)
    error = said(root)
    assert message in error.message
    assert step in error.next_step


def test_ids_of_claims_are_given_once(root: Path) -> None:
    """Two claims of one id could not be told apart in results.json."""
    path = with_claim(root, "not_testable: n")
    again = "  - {id: c, text: t, source: s, date: d, not_testable: n}\n"
    path.write_text(path.read_text("utf-8") + again)
    assert "claims.1.id: c is given twice" in said(root).message


@pytest.mark.parametrize(
    ("mix", "message", "step"),
    [
        ("{core/tier_rooting: 3}", "extrapolation.mix.core/tier_rooting", "did you mean core/tier_routing?"),
        ("{cores: 3}", "extrapolation.mix.cores: there is no cores", "did you mean core?"),
        ("{S9: 3}", "extrapolation.mix.S9: there is no S9", "did you mean S1?"),
    ],
)
def test_a_mistake_in_the_mix_is_named_with_the_nearest(
    root: Path, mix: str, message: str, step: str
) -> None:
    """Suites, classes and scenarios may be weighed; the next step lists the first two only."""
    path = root / "configs" / "lab.yaml"
    path.write_text(path.read_text("utf-8").replace("  mix: {}", f"  mix: {mix}"))
    with pytest.raises(ConfigError) as caught:
        load_lab(root)
    assert "configs/lab.yaml:" in caught.value.message
    assert message in caught.value.message
    assert step in caught.value.next_step
    assert "L1-seed" not in caught.value.next_step


def test_suites_classes_and_scenarios_may_be_weighed(root: Path) -> None:
    """Also of suites that do not run by default."""
    path = root / "configs" / "lab.yaml"
    mix = "{core: 1, core/tools: 2, S1: 3, own: 4}"
    path.write_text(path.read_text("utf-8").replace("  mix: {}", f"  mix: {mix}"))
    assert load_lab(root).extrapolation.mix == {"core": 1.0, "core/tools": 2.0, "S1": 3.0, "own": 4.0}


def test_a_run_keeps_the_claims_about_its_systems_and_no_others() -> None:
    """Each once, whatever the number of its variants, so that a report needs no configs."""
    lab, systems = load_lab(ROOT), load_systems(ROOT)
    variants = select_variants(lab, systems, ["direct", "litellm", "litellm-router"])
    plan = Plan(ROOT, lab, variants, load_suites(ROOT, ["core"]), 1, 7)
    kept = list(claims_of(plan))
    assert [claim.id for claim in kept] == [claim.id for claim in systems["litellm"].claims]
    by_lynkr = next(claim for claim in kept if claim.id == "routing-by-lynkr")
    assert (by_lynkr.system, by_lynkr.by, by_lynkr.stated, by_lynkr.of) == (
        "litellm",
        "the vendor of Lynkr",
        4.0,
        11,
    )
    assert by_lynkr.params["variant"] == "litellm-router"
    again = ClaimInfo.model_validate_json(by_lynkr.model_dump_json())
    assert again == by_lynkr.model_copy(update={"params": again.params})
    assert list(again.params["classes"]) == list(by_lynkr.params["classes"])
