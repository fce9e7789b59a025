"""The report's section on routing: every figure where it belongs, linked, and with a reason where missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lab.kit.section import Section
from lab.kit.tables import Table
from lab.records.manifest import ScenarioInfo
from lab.records.store import RunStore
from lab.report import render
from lab.report.build import build_results
from lab.report.markdown import table as markdown
from lab.topics.routing.section import RIGHT_BY_CONSTRUCTION, section
from tests.unit.evidence_pages import link_checker
from tests.unit.records_builder import HOSTILE, Call, RunBuilder, scenario, variant

MODELS = {tier: f"kimi-lab-{tier.lower()}" for tier in ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")}
ROUTERS_ONLY: dict[str, Any] = {"routers_only": True}


def prompt(name: str, *acceptable: str, **over: Any) -> ScenarioInfo:
    """A prompt of the suite `routing`, with a hostile title and reason."""
    fields: dict[str, Any] = {
        "suite": "routing",
        "acceptable_tiers": acceptable,
        "tiers_why": f"because {HOSTILE}",
        "title": f"Prompt {HOSTILE}",
        "class_": "easy" if "SIMPLE" in acceptable else "hard",
        "class_title": "Easy ones" if "SIMPLE" in acceptable else "Hard ones",
    }
    return scenario(name, **(fields | over))


PROMPTS = (
    prompt("E1", "SIMPLE"),
    prompt("H1", "COMPLEX", "REASONING"),
    prompt("E1-p1", "SIMPLE", of="E1", relation="perturbation", in_pass=1, **ROUTERS_ONLY),
    prompt("H1-p1", "COMPLEX", "REASONING", of="H1", relation="perturbation", in_pass=1, **ROUTERS_ONLY),
    prompt("H1-e", "COMPLEX", "REASONING", of="H1", relation="envelope", in_pass=3, **ROUTERS_ONLY),
    prompt("O1", "SIMPLE", sequence="s", in_pass=4, **ROUTERS_ONLY),
    prompt(
        "H1-s",
        "COMPLEX",
        "REASONING",
        of="H1",
        relation="session",
        sequence="s",
        in_pass=4,
        **ROUTERS_ONLY,
    ),
)
# lynkr is right on the bare prompts, flips one, and is misled by the opener and the envelope.
SERVED = {
    "E1": "SIMPLE",
    "H1": "COMPLEX",
    "E1-p1": "SIMPLE",
    "H1-p1": "MEDIUM",
    "H1-e": "SIMPLE",
    "O1": "SIMPLE",
    "H1-s": "SIMPLE",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a router, one that could not start, and one for which the lab decides."""
    builder = RunBuilder(
        tmp_path_factory.mktemp("reports"),
        variants=[
            variant("direct"),
            variant("lynkr"),
            variant("litellm-router", status="unavailable", reason=f"no image {HOSTILE}"),
            variant("portkey-conditional", routes=True, lab_decides="The lab names the tier."),
            variant("portkey-stubborn", routes=True, lab_decides="The lab names the tier."),
        ],
        scenarios=PROMPTS,
        repeats=1,
        over={"suites": ("routing",), "suite_titles": {"routing": "Routing"}},
    )
    for info in PROMPTS:
        if not info.routers_only:
            builder.exchange("direct", info.id)
        builder.exchange("lynkr", info.id, calls=[Call(model=MODELS[SERVED[info.id]])])
        told = "SIMPLE" if "SIMPLE" in info.acceptable_tiers else "COMPLEX"
        builder.exchange("portkey-conditional", info.id, calls=[Call(model=MODELS[told])])
        builder.exchange("portkey-stubborn", info.id, calls=[Call(model=MODELS["REASONING"])])
    render(builder.store.path)
    return builder.store.path


@pytest.fixture(scope="module")
def made(run: Path) -> Section:
    """The section of that run."""
    found = section(build_results(RunStore.open(run)))
    assert found is not None
    return found


def table(made: Section, title: str) -> Table:
    """The table of the part of this title."""
    found = next(part.table for part in made.parts if part.title == title)
    assert found is not None
    return found


def row(made: Section, title: str, head: str) -> list[str]:
    """The figures of a row, as words."""
    found = next(one for one in table(made, title).rows if one.head.text == head)
    return [found.span.words] if found.span else [fig.words for fig in found.cells]


def test_a_router_has_its_shares_and_what_became_of_its_decisions(made: Section) -> None:
    """Both bare prompts right; one of two flips, to wrong; wrong in both other settings."""
    right, over, under, none, unseen, steady, session, envelope = row(made, "Routers", "lynkr")
    assert right == "100.0% (2 of 2 prompts)"
    assert (over, under, none, unseen) == ("0.0%", "0.0%", "0.0%", "0")
    assert steady == "! 1 of 2 (50.0%) (1 flip; 1 right to wrong)"
    assert session == "! 0 of 1 (bare 1 of 1)"
    assert envelope == "! 0 of 1 (bare 1 of 1)"
    assert "an interval over prompts needs 6 of them, 2 showed a decision" in table(made, "Routers").notes


def test_only_routers_have_a_row_and_a_missing_one_has_its_reason(made: Section) -> None:
    """What does not route is in no table of decisions."""
    heads = [one.head.text for one in table(made, "Routers").rows]
    assert heads == ["lynkr", "litellm-router", "portkey-conditional", "portkey-stubborn"]
    (reason,) = row(made, "Routers", "litellm-router")
    assert reason.startswith("unavailable (no image")


def test_where_the_lab_decides_being_right_is_no_finding(made: Section) -> None:
    """The row says so in place of shares, and no table of decisions compares it with routers."""
    (words,) = row(made, "Routers", "portkey-conditional")
    assert words.startswith("the lab decides (The lab names the tier.")
    assert RIGHT_BY_CONSTRUCTION in words
    assert "served as told in 2 of 2 exchanges" in words
    (words,) = row(made, "Routers", "portkey-stubborn")
    assert "served as told in 0 of 2 exchanges" in words  # REASONING is acceptable, and was not asked for
    for title in ("Accuracy by family", "Every prompt", "Sessions and envelopes"):
        assert [c.title for c in table(made, title).columns if "portkey" in c.title] == []


def test_costs_stand_beside_the_control_and_the_references(made: Section) -> None:
    """100 tokens sent and 20 answered: H1 at COMPLEX is (60 + 50) / 1M, twice the default is 1,200 / 1M."""
    title = "What the decisions cost"
    assert row(made, title, "lynkr") == [
        "0.000110",
        "= the same (0.000000 USD)",
        "\u25bc \N{MINUS SIGN}87.9% (\N{MINUS SIGN}0.000800 USD)",
        "0.000110",
        "0.000910",
        "0.001200",
        "0.001200",
    ]
    assert row(made, title, "direct")[0] == "0.001200"
    assert row(made, title, "portkey-conditional")[0] == "0.000110"
    text, free = next(part.text for part in made.parts if part.title == title)
    assert free.startswith("By the prices in configs/lab.yaml, SIMPLE and MEDIUM cost nothing:")
    assert "what that costs in bad answers is not in any of these figures" in text


def test_one_tier_for_everything_stands_beside_the_routers(made: Section) -> None:
    """So that nobody takes a share for a good one that a fixed choice beats."""
    assert row(made, "One tier for everything", "always SIMPLE") == ["50.0%", "0.0%", "50.0%"]
    assert row(made, "One tier for everything", "always COMPLEX") == ["50.0%", "50.0%", "0.0%"]


def test_long_lists_are_folded_and_lead_to_the_evidence(run: Path, made: Section) -> None:
    """Every tier served is a link to a page that is there."""
    folded = {part.title: part for part in made.parts if part.folded}
    assert set(folded) == {
        "Tiers served by lynkr",
        "Flips: other words, another tier",
        "Sessions and envelopes",
        "Every prompt",
    }
    links = [
        fig.href
        for part in folded.values()
        for one in (part.table.rows if part.table else ())
        for fig in (one.head, *one.cells)
        if fig.href
    ]
    assert len(links) >= 7
    assert all(map(link_checker(run), links))
    assert row(made, "Every prompt", "H1")[-1] == "\u2713 COMPLEX"
    assert row(made, "Sessions and envelopes", "H1-s")[-1] == "\u2717 SIMPLE (bare COMPLEX; opener SIMPLE)"
    assert row(made, "Sessions and envelopes", "H1-e")[-1] == "\u2717 SIMPLE (bare COMPLEX)"
    flip = row(made, "Flips: other words, another tier", "H1-p1")
    assert flip == ["lynkr", "COMPLEX", "MEDIUM", "right to wrong", "1 of 1"]
    assert row(made, "Tiers served by lynkr", "COMPLEX") == ["0", "0", "= 1", "0", "0"]
    assert row(made, "Accuracy by family", "Hard ones") == ["\u2713 1 of 1"]


def test_the_section_is_in_both_reports_and_its_texts_are_inert(run: Path) -> None:
    """Titles and reasons come from files, and are shown as data."""
    page = (run / "report.html").read_text(encoding="utf-8")
    plain = (run / "report.md").read_text(encoding="utf-8")
    assert 'id="routing"' in page
    assert "## Routing" in plain
    assert "<script>alert" not in page
    assert "<script>alert" not in plain
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_tables_are_whole_in_markdown(made: Section) -> None:
    """Every row has as many cells as its table has columns."""
    assert sum(part.table is not None for part in made.parts) > 3
    for part in made.parts:
        if part.table is None:
            continue
        rows = [line for line in markdown(part.table).splitlines() if line.startswith("|")]
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
        assert bars == {len(part.table.columns) + 1}, part.title


def test_a_run_without_a_router_says_so(tmp_path: Path) -> None:
    """The prompts were asked, and nobody chose a tier."""
    builder = RunBuilder(tmp_path, [variant("direct")], PROMPTS[:1], 1, over={"suites": ("routing",)})
    builder.exchange("direct", "E1")
    found = section(build_results(builder.store))
    assert found is not None
    assert [part.text for part in found.parts] == [("No variant of this run routes.",)]


def test_two_suites_are_told_apart_by_their_titles(tmp_path: Path) -> None:
    """The lab's prompts and the user's own are never mixed."""
    own = prompt("Q", "SIMPLE", suite="mine")
    over = {
        "suites": ("routing", "mine"),
        "suite_titles": {"routing": "Routing", "mine": "Own prompts in Mine"},
        "scenarios_folder": "/somewhere/Mine",
        "scenarios_suite": "mine",
    }
    builder = RunBuilder(tmp_path, [variant("lynkr")], (PROMPTS[0], own), 1, over=over)
    for name in ("E1", "Q"):
        builder.exchange("lynkr", name, calls=[Call(model=MODELS["SIMPLE"])])
    found = section(build_results(builder.store))
    assert found is not None
    titles = [part.title for part in found.parts]
    assert "Routing: Routers" in titles
    assert "Own prompts in Mine: Routers" in titles
    tables = [part.table.id for part in found.parts if part.table]
    assert len(tables) == len(set(tables))
