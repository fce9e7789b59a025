"""configs/systems and compose folders of the lab's own systems: complete, consistent, pinned and locked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template
from typing import Any, get_args

import pytest
import yaml

from lab.compose.file import ComposeFile, load_compose
from lab.config.models import SystemConfig
from lab.config.scenarios import Scenario
from lab.names import ClientWire, TierName
from lab.run.headers import cheapest_tier, request_headers
from lab.run.plan import PlannedVariant, environment_of
from tests.paths import ROOT

SYSTEMS = ("direct", "litellm", "llamacpp", "lynkr", "ollama", "portkey")
GATEWAYS = ("litellm", "lynkr", "portkey")
SCENARIO = Scenario(
    id="S",
    title="A question",
    looks_at="none",
    class_="none",
    max_tokens=16,
    messages=[{"role": "user", "content": "Name a colour."}],
)
TIERS = ("kimi-lab-simple", "kimi-lab-medium", "kimi-lab-complex", "kimi-lab-reasoning")


def system(name: str) -> SystemConfig:
    """A system's file, validated."""
    text = (ROOT / "configs" / "systems" / f"{name}.yaml").read_text("utf-8")
    return SystemConfig.model_validate(yaml.safe_load(text))


def compose(name: str) -> Path:
    """A system's compose file."""
    return ROOT / "compose" / name / "compose.yaml"


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_systems_file_is_valid_and_names_itself(name: str) -> None:
    """File name, system name and compose folder agree."""
    config = system(name)
    assert config.system == name
    assert config.compose == (None if name == "direct" else f"compose/{name}/compose.yaml")
    assert name in config.variants


@pytest.mark.parametrize("name", SYSTEMS)
def test_headers_use_only_names_that_the_runner_fills(name: str) -> None:
    """An unknown placeholder would reach a gateway as it is."""
    config = system(name)
    names = {"meter_url", "variant", "wire", "tier", "client_key"}
    of_wires = [access.headers for access in config.wires.values()]
    for headers in (*of_wires, *(variant.headers for variant in config.variants.values())):
        for value in headers.values():
            assert Template(value).is_valid()
            assert set(Template(value).get_identifiers()) <= names
            assert "\n" not in value


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_is_talked_to_on_all_wires_at_their_usual_paths(name: str) -> None:
    """A system that misses a wire would be left out of `--wire all` without a word."""
    paths = {wire: access.path for wire, access in system(name).wires.items()}
    assert paths == {
        "anthropic": "/v1/messages",
        "openai": "/v1/chat/completions",
        "responses": "/v1/responses",
    }


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_a_variant_sets_is_listed_among_its_changes(name: str) -> None:
    """A variable or a header of a variant that the report does not name would be a hidden setting."""
    for variant in system(name).variants.values():
        told = " ".join(change.what for change in variant.changes)
        for key, value in variant.env.items():
            assert key.startswith("LAB_") or f"{key}={value}" in told
        for header in variant.headers:
            assert header in told


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_variant_that_is_set_up_otherwise_is_not_called_the_vendors_default(name: str) -> None:
    """Whoever reads `vendor defaults` may take it that the lab switched nothing."""
    for variant in system(name).variants.values():
        as_it_comes = not variant.env and not variant.headers and variant.context == "usual"
        assert variant.vendor_defaults == as_it_comes


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_vendors_defaults_are_always_one_variant(name: str) -> None:
    """A tuned variant is never shown alone."""
    assert any(variant.vendor_defaults for variant in system(name).variants.values())


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_change_patch_and_claim_has_its_reason_or_source(name: str) -> None:
    """Nothing that differs from the vendor's product is left unexplained."""
    config = system(name)
    changes = [*config.patches, *(c for v in config.variants.values() for c in v.changes)]
    assert changes
    assert all(change.what and change.why for change in changes)
    assert config.claims
    for claim in config.claims:
        assert claim.source.startswith("https://")
        assert claim.date


@pytest.mark.parametrize("name", [*GATEWAYS, "llamacpp", "ollama"])
def test_a_compose_file_is_one_the_lab_can_start_on_both_engines(name: str) -> None:
    """It names its health probe, what the host engine runs, and nothing that needs a variable set."""
    file = load_compose(compose(name), {})
    assert file.lab.host is not None
    assert file.lab.health.path.startswith("/")
    assert file.service.init
    assert file.lab.egress == (name == "ollama")
    if name != "ollama":
        assert file.service.build is not None
        assert (file.service.build.context / file.service.build.dockerfile).is_file()


@pytest.mark.parametrize("name", [*GATEWAYS, "llamacpp"])
def test_variables_replace_package_and_image(name: str) -> None:
    """A vendor can test an unreleased build."""
    file = load_compose(compose(name), {f"{name.upper()}_IMAGE": "vendor/own:2"})
    assert file.service.image == "vendor/own:2"
    assert file.lab.package is not None
    assert file.lab.package.variable == f"{name.upper()}_PACKAGE"
    assert file.lab.package.image_variable == f"{name.upper()}_IMAGE"


@pytest.mark.parametrize("name", GATEWAYS)
def test_gateways_are_pointed_at_the_meter_and_at_nothing_else(name: str) -> None:
    """Every address in a service's environment is the meter's, with the caller's name as its path."""
    callers = {"litellm": {"an-instance", "litellm-router"}, "lynkr": {"an-instance"}, "portkey": set()}[name]
    env = {"LAB_METER_URL": "http://127.0.0.1:4711", "LAB_VARIANT": "an-instance"}
    values = load_compose(compose(name), env).service.environment.values()
    urls = [value for value in values if "://" in value]
    seen = {re.fullmatch(r"http://127\.0\.0\.1:4711/([a-z-]+)(/.*)?", url) for url in urls}
    assert None not in seen
    assert {match[1] for match in seen if match} == callers


def of_variant(name: str, variant: str) -> ComposeFile:
    """A system's compose file as a variant's instance is started from it, by a shell that sets nothing."""
    planned = PlannedVariant(variant, system(name), system(name).variants[variant])
    return load_compose(compose(name), environment_of(planned, {}) | {"LAB_VARIANT": planned.instance})


def settings(variant: str) -> tuple[dict[str, Any], str]:
    """LiteLLM's own configuration for a variant, and which file it is; both engines give it the same."""
    file = of_variant("litellm", variant)
    (mounted,) = (volume.source for volume in file.service.volumes)
    assert mounted is not None
    assert file.lab.host is not None
    assert f"${{LAB_HERE}}/{mounted.name}" in file.lab.host.command
    return yaml.safe_load(mounted.read_text("utf-8")), mounted.name


def test_litellm_serves_its_shared_variants_models_from_one_configuration() -> None:
    """Both variants' models exist, and the router's tiers are the lab's four."""
    config, name = settings("litellm")
    assert (config, name) == settings("litellm-router")
    models = {entry["model_name"]: entry["litellm_params"] for entry in config["model_list"]}
    variants = system("litellm").variants
    shared = [variant for variant in variants.values() if variant.instance == "litellm"]
    assert len(shared) == 2
    assert {variant.model for variant in shared} <= models.keys()
    tiers = models["smart-router"]["complexity_router_config"]["tiers"]
    assert tuple(tiers[t] for t in ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")) == TIERS
    environment = load_compose(compose("litellm"), {}).service.environment
    for params in models.values():
        for key in ("api_base", "api_key"):
            name = params.get(key, "").removeprefix("os.environ/")
            assert not name or name in environment


def test_what_the_lab_tells_litellm_of_the_stand_in_models_is_listed() -> None:
    """A request for thinking is refused for a name that the price map does not know."""
    config, _ = settings("litellm-router")
    told = {m["model_name"]: m["model_info"] for m in config["model_list"] if "model_info" in m}
    assert told == {name: {"supports_reasoning": True} for name in TIERS}
    models = {m["model_name"]: m["litellm_params"]["model"] for m in config["model_list"]}
    assert {models[name] for name in TIERS} == {f"openai/{name}" for name in TIERS}
    changes = " ".join(change.what for change in system("litellm").variants["litellm-router"].changes)
    for setting in ("auto_router/complexity_router", "openai/", "supports_reasoning: true"):
        assert setting in changes


def test_litellms_cache_differs_from_litellm_in_the_cache_alone() -> None:
    """The same models at the same place and the same key, so that the cache is all that is compared."""
    (plain, _), (cached, name) = settings("litellm"), settings("litellm-cache")
    assert name == "config-cache.yaml"
    assert cached["model_list"] == [m for m in plain["model_list"] if m["model_name"].startswith("claude-")]
    assert cached["general_settings"] == plain["general_settings"]
    assert "litellm_settings" not in plain
    assert cached["litellm_settings"] == {"cache": True, "cache_params": {"type": "local", "ttl": 600}}
    base = of_variant("litellm", "litellm-cache").service.environment["LAB_ANTHROPIC_BASE"]
    assert base.endswith("/litellm-cache")


def test_only_systems_that_remember_are_started_afresh_before_every_pass() -> None:
    """A start of LiteLLM takes seconds, and only its cache variant has anything to forget."""
    keeps = {
        variant: of_variant(name, variant).lab.state.keeps
        for name in GATEWAYS
        for variant in system(name).variants
    }
    remembering = {"litellm-cache", "lynkr", "lynkr-lean"}
    assert {variant for variant, keep in keeps.items() if keep} == remembering


def test_lynkr_as_shipped_is_given_none_of_the_switches_of_lynkr_lean() -> None:
    """Not even as empty texts, which would switch some off."""
    switches = system("lynkr").variants["lynkr-lean"].env
    shipped = of_variant("lynkr", "lynkr").service.environment
    lean = of_variant("lynkr", "lynkr-lean").service.environment
    assert len(switches) == 9
    assert not switches.keys() & shipped.keys()
    assert lean == switches | {name: text.replace("/lynkr", "/lynkr-lean") for name, text in shipped.items()}


@pytest.mark.parametrize("wire", ["anthropic", "openai"])
def test_portkeys_conditions_lead_each_tier_to_its_model(wire: ClientWire) -> None:
    """The header that Portkey gets is JSON with its operators whole, and calls are the variant's own."""
    config = system("portkey")
    planned = PlannedVariant("portkey-conditional", config, config.variants["portkey-conditional"])
    assert planned.instance == "portkey"
    for tier, model in zip(get_args(TierName), TIERS, strict=True):
        scenario = SCENARIO.model_copy(update={"acceptable_tiers": [tier]})
        headers = request_headers(planned, scenario, wire, "http://meter:9700")
        asked = json.loads(headers["x-portkey-metadata"])["tier"]
        given = json.loads(headers["x-portkey-config"])
        (chosen,) = (
            condition["then"]
            for condition in given["strategy"]["conditions"]
            if condition["query"] == {"metadata.tier": {"$eq": asked}}
        )
        (target,) = (target for target in given["targets"] if target["name"] == chosen)
        assert target["override_params"] == {"model": model}
        assert target["custom_host"] == "http://meter:9700/portkey-conditional/v1"
        assert target["provider"] == wire
        assert target["forward_headers"] == ["anthropic-beta"]
    assert any("forward_headers: [anthropic-beta]" in change.what for change in planned.variant.changes)


def test_the_lab_names_the_cheapest_acceptable_tier_and_medium_where_any_is() -> None:
    """Where the lab decides for a gateway, it decides as well as can be."""
    assert cheapest_tier(SCENARIO) == "MEDIUM"
    assert (
        cheapest_tier(SCENARIO.model_copy(update={"acceptable_tiers": ["REASONING", "COMPLEX"]})) == "COMPLEX"
    )


def test_who_has_an_answer_cache_says_so() -> None:
    """Whether a hit is due depends on it."""
    kinds = {name: (v.cache, v.cache_threshold) for s in SYSTEMS for name, v in system(s).variants.items()}
    assert {name: kind for name, kind in kinds.items() if kind != ("none", None)} == {
        "litellm-cache": ("exact", None),
        "lynkr": ("semantic", 0.95),
    }


def test_lynkr_has_the_labs_four_tiers() -> None:
    """Each tier is a model name of its own at the meter."""
    environment = load_compose(compose("lynkr"), {}).service.environment
    names = tuple(environment[f"TIER_{t}"] for t in ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING"))
    assert names == tuple(f"moonshot:{model}" for model in TIERS)


def test_compromised_releases_of_litellm_are_refused() -> None:
    """The two releases that stole credentials are named with the reason."""
    package = load_compose(compose("litellm"), {}).lab.package
    assert package is not None
    assert set(package.refused) == {"1.82.7", "1.82.8"}
    assert all("credentials" in why for why in package.refused.values())


def test_litellms_lock_has_hashes_for_everything_and_the_pinned_version() -> None:
    """The lock, the compose file and the disclosed patches agree, and no index is named."""
    lock = (ROOT / "compose/litellm/requirements.txt").read_text("utf-8")
    package = load_compose(compose("litellm"), {}).lab.package
    assert package is not None
    pins = re.findall(r"^(\S+?)==(\S+)", lock, re.MULTILINE)
    assert ("litellm", package.version) in pins
    blocks = re.split(r"^(?=\S+==)", lock, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    assert "--find-links" not in lock
    patches = " ".join(patch.what for patch in system("litellm").patches)
    for name in ("certifi", "litellm-proxy-extras"):
        version = dict(pins)[name]
        assert f"{name} {version} in place of" in patches


@pytest.mark.parametrize("name", ["lynkr", "portkey"])
def test_npm_locks_have_hashes_for_everything_and_name_no_registry(name: str) -> None:
    """Every package has an integrity hash; where it is fetched from is the user's choice."""
    lock = json.loads((ROOT / "compose" / name / "package-lock.json").read_text("utf-8"))
    manifest = json.loads((ROOT / "compose" / name / "package.json").read_text("utf-8"))
    packages = dict(lock["packages"])
    assert packages.pop("")["dependencies"] == manifest["dependencies"]
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not [path for path, entry in packages.items() if "resolved" in entry]


def test_portkeys_lock_has_the_pinned_version_and_the_disclosed_override() -> None:
    """Streaming works only with the older server adapter."""
    lock = json.loads((ROOT / "compose/portkey/package-lock.json").read_text("utf-8"))["packages"]
    package = load_compose(compose("portkey"), {}).lab.package
    assert package is not None
    assert lock["node_modules/@portkey-ai/gateway"]["version"] == package.version
    adapter = lock["node_modules/@hono/node-server"]["version"]
    assert f"@hono/node-server {adapter} in place of" in system("portkey").patches[0].what


def test_lynkrs_image_and_processes_are_made_in_the_same_way() -> None:
    """Version, compiled modules and changed dependencies are the same in the Dockerfile and in x-lab.host."""
    file = load_compose(compose("lynkr"), {})
    dockerfile = (file.folder / "Dockerfile").read_text("utf-8")
    assert file.lab.host is not None
    assert file.lab.package is not None
    install = file.lab.host.install
    assert f"lynkr@{file.lab.package.version}" in dockerfile
    assert f"npm rebuild {' '.join(install['rebuild'])} " in dockerfile
    for name, version in install["manifest"]["dependencies"].items():
        change = (
            f"npm pkg delete 'dependencies[{name}]'"
            if version is None
            else f"npm pkg set 'dependencies[{name}]={version}'"
        )
        assert change in dockerfile
        assert any(name in patch.what for patch in system("lynkr").patches)


@pytest.mark.parametrize("name", GATEWAYS)
def test_the_keys_in_compose_files_are_the_labs_own(name: str) -> None:
    """No real key is ever committed, and the client's key is the one that the proxy expects."""
    text = compose(name).read_text("utf-8")
    text += (ROOT / "configs" / "systems" / f"{name}.yaml").read_text("utf-8")
    keys = set(re.findall(r"\bsk-[A-Za-z0-9-]+", text))
    assert all(re.fullmatch(r"sk-lab-(provider|client)-key-0+", key) for key in keys)
    environment = load_compose(compose(name), {}).service.environment
    if master := environment.get("LITELLM_MASTER_KEY"):
        wires = system(name).wires
        assert wires["anthropic"].headers["x-api-key"] == master
        assert wires["openai"].headers["authorization"] == f"Bearer {master}"


def test_llamacpps_lock_is_what_the_tests_of_a_real_model_install() -> None:
    """With hashes, at the version of the compose file."""
    locks = [
        [line for line in (ROOT / name).read_text("utf-8").splitlines() if not line.startswith("#")]
        for name in ("compose/llamacpp/requirements.txt", "requirements/model.txt")
    ]
    assert locks[0] == locks[1]
    assert sum("--hash=sha256:" in line for line in locks[0]) > 2
    package = load_compose(compose("llamacpp"), {}).lab.package
    assert package is not None
    assert f"{package.name}=={package.version} \\" in locks[0]
