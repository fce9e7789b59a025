"""Configuration files: what is wrong in them is said with file, line, key and next step, all at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from lab.errors import ConfigError, LabError, UsageError
from lab.loading.configs import load_lab, load_suites, load_systems
from tests.paths import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the lab's own configuration that a test may break."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copytree(ROOT / "compose", tmp_path / "compose")
    return tmp_path


def change(path: Path, *changes: tuple[str, str]) -> None:
    """Replace the first occurrence of each text, which must be there."""
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


def line_of(path: Path, text: str) -> int:
    """Number of the first line that holds the text."""
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


def said(root: Path, kind: type[LabError] = ConfigError) -> LabError:
    """The error that loading lab.yaml ends in."""
    with pytest.raises(kind) as caught:
        load_lab(root)
    return caught.value


def test_the_labs_own_configuration_is_right() -> None:
    """What is committed loads, and runs by default what the contract of the lab names."""
    lab = load_lab(ROOT)
    gateways = ["litellm", "litellm-router", "litellm-cache", "portkey", "portkey-conditional", "lynkr"]
    assert lab.variants == ["direct", *gateways, "lynkr-lean", "ollama", "ollama-context"]
    assert (lab.suites, lab.baseline, lab.repeats) == (["core"], "direct", 3)
    assert [tier.model for tier in lab.tiers.values()] == [
        "kimi-lab-simple",
        "kimi-lab-medium",
        "kimi-lab-complex",
        "kimi-lab-reasoning",
    ]
    assert lab.default_model == lab.same_model_price.model == "claude-sonnet-4-5"
    assert lab.extrapolation.requests_per_month == 100_000
    systems = load_systems(ROOT)
    assert set(systems) == {"direct", "litellm", "portkey", "lynkr", "llamacpp", "ollama"}
    assert [suite.suite for suite in load_suites(ROOT, ["core"])] == ["core"]


def test_every_gateway_shows_its_vendors_defaults() -> None:
    """A tuned variant is never the only one of a gateway."""
    systems = load_systems(ROOT)
    assert len(systems) >= 5
    for system in systems.values():
        assert any(variant.vendor_defaults for variant in system.variants.values()), system.system


@pytest.mark.parametrize(
    ("old", "new", "at", "parts"),
    [
        ("  cpus: 1.0", "  cpuz: 1.0", "cpuz", ("limits.cpuz: unknown key", "did you mean cpus?")),
        ("repeats: 3", "repeats: three", "repeats: three", ("repeats: input should be a valid integer",)),
        ("repeats: 3", "repeats: 0", "repeats: 0", ("repeats:", "greater than or equal to 1")),
        ("  memory_mb: 2048", "  memory_mb: [1]", "memory_mb", ("limits.memory_mb:",)),
        (
            "baseline: direct",
            "baseline: dirct",
            "dirct",
            ("baseline: there is no dirct", "did you mean direct?"),
        ),
        ("litellm-router,", "litelm-router,", "litelm", ("variants.2:", "did you mean litellm-router?")),
        ("suites: [core]", "suites: [cor]", "suites:", ("suites.0: there is no cor", "did you mean core?")),
        (
            "    title: Moonshot kimi-k2",
            "    titel: M",
            "COMPLEX:",
            ("tiers.COMPLEX.title: this key is missing",),
        ),
        ("    title: Moonshot kimi-k2", "    titel: M", "titel", ("tiers.COMPLEX.titel: unknown key",)),
        ("  COMPLEX:", "  COMPLICATED:", "COMPLICATED:", ("tiers.COMPLICATED:",)),
        ("input: 0,", "input: -1,", "input: -1", ("tiers.SIMPLE.price.input:",)),
        ("tokenizer: o200k_base", "tokenizer: cl100k", "tokenizer:", ("tokenizer:", "o200k_base")),
        ("exchange_timeout_s: 90", "exchange_timeout_s: .inf", ".inf", ("limits.exchange_timeout_s: input",)),
        ("exchange_timeout_s: 90", "exchange_timeout_s: 1e300", "1e300", ("limits.exchange_timeout_s: ",)),
        ("backoff_s: 0.5", "backoff_s: .nan", ".nan", ("limits.backoff_s: input should be a finite",)),
        ("  mix: {}", "  mix: {S1: .inf}", "mix:", ("extrapolation.mix.S1: input should be a finite",)),
        ("per_month: 100000", "per_month: 1" + 30 * "0", "per_month:", ("less than or equal to",)),
        ("suites: [core]", "suites: []", "suites:", ("suites: list should have at least 1 item",)),
        ("title: local model", 'title: "\\ud800"', "ud800", ("tiers.SIMPLE.title: ",)),
        (
            "{provider: moonshotai, model: kimi-k2}",
            "{provider: moonshotai, model: kimi-k22}",
            "kimi-k22",
            ("tiers.COMPLEX.price: genai-prices", "no price for moonshotai/kimi-k22", "did you mean"),
        ),
        ("{input: 0, output: 0,", "{input: 0,", "{input: 0,", ("tiers.SIMPLE.price.output: this key is",)),
        (
            "same_model_price: {provider: anthropic, model: claude-sonnet-4-5}",
            "same_model_price: {}",
            "same_model_price: {}",
            ("same_model_price: neither figures nor a library model",),
        ),
        ("  mix: {}", "  mix: {S9: 1}", "mix:", ("extrapolation.mix.S9: there is no S9", "S1")),
        ("  mix: {}", "  mix: {S1: -1}", "mix:", ("extrapolation.mix.S1: the weight is negative",)),
        ("  mix: {}", "  mix: {S1: 0}", "mix:", ("all weights are 0",)),
        (
            "baseline: direct",
            "baseline: direct\nrepeats: 5",
            "repeats: 5",
            ("repeats: this key is given twice",),
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_key_and_next_step(
    root: Path, old: str, new: str, at: str, parts: tuple[str, ...]
) -> None:
    """Unknown keys, wrong types and values, unknown names, missing and doubled keys."""
    path = root / "configs" / "lab.yaml"
    change(path, (old, new))
    error = said(root)
    assert f"configs/lab.yaml:{line_of(path, at)}: " in error.message
    for part in parts:
        assert part in str(error)


def test_a_comparison_of_nothing_is_refused(root: Path) -> None:
    """Without variants there would be an empty report and an exit code that says all went well."""
    path = root / "configs" / "lab.yaml"
    data = yaml.safe_load(path.read_text("utf-8")) | {"variants": []}
    path.write_text(yaml.safe_dump(data), "utf-8")
    assert "variants: list should have at least 1 item" in said(root).message


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("x-api-key: ${client_key}", "x-api-key: schlüssel", "wires.anthropic.headers.x-api-key"),
        ("x-api-key: ${client_key}", 'x-api-key: "a\\nb"', "wires.anthropic.headers.x-api-key"),
        ("x-api-key: ${client_key}", '"x key": a', "wires.anthropic.headers.x key"),
        (
            "model: claude-sonnet-4-5",
            "model: m\n    headers: {x-tier: höchste}",
            "variants.direct.headers.x-tier",
        ),
        ("path: /v1/messages", "path: v1/messages", "wires.anthropic.path"),
        ("path: /v1/messages", 'path: "/v1/\\nmessages"', "wires.anthropic.path"),
    ],
)
def test_what_no_request_can_carry_is_refused(root: Path, old: str, new: str, key: str) -> None:
    """A header that HTTP cannot hold would end the run, or be booked as a failure of the gateway."""
    path = root / "configs" / "systems" / "direct.yaml"
    change(path, (old, new))
    message = said(root).message
    assert f"systems/direct.yaml:{line_of(path, key.rpartition('.')[2])}: {key}: " in message


def test_all_mistakes_are_named_at_once(root: Path) -> None:
    """Mistakes in lab.yaml and in the systems it is checked against come in one message."""
    change(root / "configs" / "lab.yaml", ("cpus: 1.0", "cpuz: 1.0"), ("repeats: 3", "repeats: x"))
    change(root / "configs" / "lab.yaml", ("suites: [core]", "suites: [cores]"))
    change(root / "configs" / "systems" / "portkey.yaml", ("system: portkey", "sytem: portkey"))
    message = said(root).message
    for part in ("limits.cpuz", "repeats", "suites.0", "systems/portkey.yaml", "sytem"):
        assert part in message


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"variants: [a\nsuites: b\n", ("lab.yaml:2",)),
        (b"variants:\n\t- direct\n", ("lab.yaml:2", "not valid YAML")),
        (b"variants: \xff\xfe\n", ("lab.yaml", "cannot be read")),
        (b"", ("lab.yaml:1",)),
        (b"- a\n- b\n", ("lab.yaml:1",)),
        (b"just text\n", ("lab.yaml:1",)),
        (b"a: &x [*x]\n", ("lab.yaml:1", "nested too deeply")),
        (b"variants: !!python/name:os.system x\n", ("lab.yaml:1", "not valid YAML")),
        (b"1: x\n", ("lab.yaml:1", "keys must be texts")),
    ],
)
def test_what_is_no_configuration_at_all_is_said_so(
    root: Path, content: bytes, parts: tuple[str, ...]
) -> None:
    """Broken YAML, tabs, other encodings, empty files and foreign tags end in one clear message."""
    (root / "configs" / "lab.yaml").write_bytes(content)
    error = said(root)
    for part in parts:
        assert part in error.message
    assert error.next_step


def test_missing_files_are_named(root: Path) -> None:
    """No lab.yaml, no systems, a compose file that is not there."""
    (root / "configs" / "lab.yaml").rename(root / "kept.yaml")
    assert "lab.yaml: there is no such file" in said(root).message
    (root / "kept.yaml").rename(root / "configs" / "lab.yaml")
    shutil.rmtree(root / "compose" / "portkey")
    assert "compose: there is no file compose/portkey/compose.yaml" in said(root).message
    shutil.rmtree(root / "configs" / "systems")
    error = said(root)
    assert "there are no systems" in error.message
    assert error.next_step


def test_a_variants_name_belongs_to_one_system(root: Path) -> None:
    """Two systems with the same variant are refused, and both files are named."""
    folder = root / "configs" / "systems"
    copied = yaml.safe_load((folder / "portkey.yaml").read_text("utf-8")) | {"system": "portkey-copy"}
    (folder / "portkey-copy.yaml").write_text(yaml.safe_dump(copied), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_systems(root)
    assert "variants.portkey: portkey-copy.yaml has this variant too" in caught.value.message
    assert "portkey.yaml" in caught.value.message


def test_a_systems_name_is_its_files_name(root: Path) -> None:
    """Files are found by name, so the two must agree."""
    change(root / "configs" / "systems" / "lynkr.yaml", ("system: lynkr", "system: linker"))
    with pytest.raises(ConfigError, match=r"lynkr\.yaml:\d+: system: is not the file's name, lynkr"):
        load_systems(root)


def test_an_unquoted_date_of_a_claim_is_a_text(root: Path) -> None:
    """YAML reads 2026-01-31 as a date; a claim's date is written either way."""
    path = root / "configs" / "systems" / "direct.yaml"
    data = yaml.safe_load(path.read_text("utf-8"))
    claim = {"id": "c", "text": "t", "source": "s", "not_testable": "n"}
    text = yaml.safe_dump(data | {"claims": [claim]}, sort_keys=False).replace(
        "source: s", "source: s\n  date: 2026-01-31"
    )
    path.write_text(text, "utf-8")
    assert load_systems(root)["direct"].claims[0].date == "2026-01-31"


def test_an_unknown_suite_suggests_the_nearest(root: Path) -> None:
    """The name was typed on the command line, so it is a mistake of use."""
    with pytest.raises(UsageError) as caught:
        load_suites(root, ["cores"])
    assert "cores" in caught.value.message
    assert "did you mean core?" in caught.value.next_step


def test_scenario_ids_are_unique_over_the_suites_of_a_run(root: Path) -> None:
    """Exchange ids hold the scenario's id only, so two suites of one run must not share one."""
    folder = root / "configs" / "scenarios"
    shutil.copy(folder / "core.yaml", folder / "other.yaml")
    change(folder / "other.yaml", ("suite: core", "suite: other"))
    assert load_suites(root, ["other"])[0].suite == "other"
    with pytest.raises(ConfigError, match="core has a scenario S1 too"):
        load_suites(root, ["core", "other"])


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("model: kimi-lab-medium", "model: kimi-lab-simple", "tiers.MEDIUM.model", "of tier SIMPLE too"),
        ("model: kimi-lab-medium", "model: claude-sonnet-4-5", "tiers.MEDIUM.model", "of default_model too"),
        ("model: kimi-lab-medium", "model: kimi-lab-middle", "tiers.MEDIUM.model", "in no file of lynkr"),
        ("  MEDIUM:\n    model", "  MEDIUN:\n    model", "tiers", "MEDIUN"),
    ],
)
def test_a_tier_that_could_not_be_told_is_refused(
    tmp_path: Path, old: str, new: str, key: str, said: str
) -> None:
    """One name for two tiers would give one's calls the other's price; a name no router has is never seen."""
    for folder in ("configs", "compose"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / "configs" / "lab.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_lab(tmp_path)
    assert f"{key}" in caught.value.message
    assert said in caught.value.message


def test_all_four_tiers_are_needed(tmp_path: Path) -> None:
    """Mode ollama and every router ask for each of them."""
    for folder in ("configs", "compose"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / "configs" / "lab.yaml"
    data = yaml.safe_load(path.read_text("utf-8"))
    del data["tiers"]["MEDIUM"]
    path.write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(ConfigError, match="the tier MEDIUM is missing"):
        load_lab(tmp_path)
