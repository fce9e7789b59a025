"""What the report says of each variant of the lab's own: who decides, its cache, every change with why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console

from lab.config.models import Limits
from lab.engines.host.engine import HostEngine
from lab.kit.section import Bullets, Facts, Line, Section, Span
from lab.loading.configs import load_lab, load_systems
from lab.progress import Reporter
from lab.records.store import RunStore
from lab.report import render
from lab.report.build import build_results
from lab.report.systems import systems_section
from lab.run.instances import Instances
from lab.run.plan import PlannedVariant, select_variants
from tests.paths import ROOT
from tests.unit.records_builder import RunBuilder, scenario


@pytest.fixture(scope="module")
def planned() -> tuple[PlannedVariant, ...]:
    """The lab's own variants."""
    return select_variants(load_lab(ROOT), load_systems(ROOT), [])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, planned: tuple[PlannedVariant, ...]) -> Path:
    """A rendered run in which all of them took part, as a run notes them."""
    folder = tmp_path_factory.mktemp("systems")
    engine = HostEngine("none-starts", Limits(), cache_dir=folder / "cache")
    noted = Instances(engine, planned, {}, {}, Reporter(Console(quiet=True), quiet=True)).statuses()
    builder = RunBuilder(folder, noted, [scenario("S1")])
    for one in planned:
        builder.exchange(one.name, "S1", model=one.variant.model)
    render(builder.store.path)
    return builder.store.path


@pytest.fixture(scope="module")
def seen(run: Path) -> dict[str, Section]:
    """What is shown of each."""
    return {part.short: part for part in systems_section(build_results(RunStore.open(run))).parts}


def changes(variant: Section) -> dict[str, str]:
    """What differs from the vendor's defaults, and why."""
    lists = [block for part in variant.parts for block in part.blocks if isinstance(block, Bullets)]
    lines = [item for entries in lists for item in entries.items if isinstance(item, Line)]
    spans = [(line.spans[0], line.spans[1]) for line in lines]
    return {what.text: str(why).removeprefix(": ") for what, why in spans if isinstance(what, Span)}


def facts(variant: Section) -> dict[str, str]:
    """The facts about a variant."""
    (pairs,) = [block.pairs for block in variant.blocks if isinstance(block, Facts)]
    return {name: str(text) for name, text in pairs}


def test_every_change_and_patch_is_shown_with_its_reason(
    seen: dict[str, Section], planned: tuple[PlannedVariant, ...]
) -> None:
    """Line by line, the patches that installing it takes among them, and none cut off."""
    for one in planned:
        shown = changes(seen[one.name])
        wanted = [*one.system.patches, *one.variant.changes]
        assert shown == {" ".join(c.what.split()): " ".join(c.why.split()) for c in wanted}, one.name
    assert len(changes(seen["lynkr-lean"])) == len(changes(seen["lynkr"])) + 9
    assert changes(seen["direct"]) == {}


def test_the_report_lists_them_in_both_forms(run: Path, seen: dict[str, Section]) -> None:
    """Every line of every variant, in HTML and in Markdown."""
    page = re.sub(r"&(\w+|#\d+);", "?", (run / "report.html").read_text("utf-8"))
    text = (run / "report.md").read_text("utf-8").replace("\\", "")
    for name in ("lynkr-lean", "litellm-cache", "portkey-conditional"):
        assert changes(seen[name])
        for what, why in changes(seen[name]).items():
            assert why.split(".")[0].replace("'", "?") in page
            assert what.replace(">", "&gt;") in text


def test_it_says_where_the_lab_decides(seen: dict[str, Section]) -> None:
    """A router that is told the tier has not chosen it."""
    chooses = {name: facts(one)["Chooses a model itself"] for name, one in seen.items()}
    told = chooses.pop("portkey-conditional")
    assert told.startswith("no: the lab decides the tier of each request")
    assert told.endswith("MEDIUM if it accepts any")
    routers = {name for name, text in chooses.items() if text == "yes"}
    assert routers == {"litellm-router", "lynkr", "lynkr-lean"}
    assert {chooses[name] for name in chooses.keys() - routers} == {"no"}


def test_it_says_which_cache_a_variant_has(seen: dict[str, Section]) -> None:
    """Whether a hit was due depends on it."""
    caches = {name: facts(one)["Cache of answers"] for name, one in seen.items()}
    assert caches.pop("litellm-cache") == "exact: the same request again"
    assert caches.pop("lynkr") == "semantic: a similar question, from a similarity of 0.95"
    assert set(caches.values()) == {"none"}
