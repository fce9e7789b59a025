"""Markdown, charts and results.json say the same as the page; evidence is one file, and pages if asked."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import deflate
import pytest
from typer.testing import CliRunner

from lab.cli import app
from lab.kit.anchors import cell_name, plain_page, variant_name
from lab.records.redaction import Redactor
from lab.records.store import RunStore
from lab.report import pages, render
from lab.report.build import build_results
from lab.report.pages import Groups, plain_html, to_plain_evidence
from lab.results.models import Results
from tests.unit.evidence_pages import GROUP, cells_of, link_checker
from tests.unit.records_builder import RunBuilder, scenario
from tests.unit.sample_run import SAMPLE_SCENARIOS, sample_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered sample run: routed, cached, failed, unavailable and hostile rows beside the control."""
    store = sample_run(tmp_path_factory.mktemp("reports"))
    render(store.path)
    return store.path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of few cells, for plain pages of evidence."""
    return sample_run(tmp_path_factory.mktemp("evidence")).path


@pytest.fixture(scope="module")
def results(run: Path) -> Results:
    """The sample run's results."""
    return build_results(RunStore.open(run))


def test_markdown_tables_have_as_many_cells_as_columns(run: Path) -> None:
    """No text from a record adds a column or a line to a table."""
    width = 0
    rows = 0
    for line in (run / "report.md").read_text("utf-8").splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        width = width or cells
        rows += 1
        assert cells == width, line
    assert rows > 60


def test_markdown_links_and_images_exist(run: Path) -> None:
    """Every relative link and chart of the Markdown report is there."""
    text = (run / "report.md").read_text("utf-8")
    targets = re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text)
    assert len(targets) > 50
    assert all(map(link_checker(run), targets))
    assert text.count("![") == 4


def test_charts_are_well_formed_and_described(run: Path) -> None:
    """Each chart file parses as XML and has a title, a description and no script."""
    charts = sorted((run / "charts").glob("*.svg"))
    assert [chart.stem for chart in charts] == ["cost", "facts", "latency", "tokens"]
    for chart in charts:
        root = ET.fromstring(chart.read_text("utf-8"))  # noqa: S314 - our own file
        names = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert {"title", "desc"} <= set(names)
        assert not {"script", "image", "foreignObject", "a"} & set(names)
        assert "nan" not in chart.read_text("utf-8").lower()


def test_a_chart_shows_each_measured_cell_once(run: Path, results: Results) -> None:
    """The tokens chart has one row label for each cell of the variants that ran."""
    root = ET.fromstring((run / "charts" / "tokens.svg").read_text("utf-8"))  # noqa: S314
    texts = [e.text for e in root.iter() if e.tag.endswith("}text")]
    ran = [v.name for v in results.variants if v.status == "measured"]
    assert len(ran) >= 4
    assert len(results.scenarios) >= 7
    assert all(texts.count(s.id) == len(ran) for s in results.scenarios)
    assert all(texts.count(name) == 1 for name in ran)


def test_results_json_holds_the_same_tables(run: Path, results: Results) -> None:
    """results.json is the results, readable by any JSON reader."""
    data = json.loads((run / "results.json").read_text("utf-8"))
    assert data["schema"] == 1
    assert (
        Results.model_validate(data).model_dump()
        == Results.model_validate_json(results.model_dump_json()).model_dump()
    )


def files(run: Path) -> dict[str, bytes]:
    """All files of a run by their paths in it."""
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_run_of_many_cells_has_few_files(tmp_path: Path) -> None:
    """A thousand cells, and twice as many bodies, are fewer than two hundred files, and smaller too."""
    infos = tuple(
        info.model_copy(update={"id": f"{info.id}-{number}"})
        for number in range(36)
        for info in SAMPLE_SCENARIOS
    )
    store = sample_run(tmp_path, repeats=1, scenarios=infos)
    store.bodies.pack()
    render(store.path)
    made = files(store.path)
    cells = cells_of(store.path)
    assert len([name for name in cells if "--" in name]) == 4 * len(infos) > 1000
    assert len(made) < 200
    assert len(made["evidence.html"]) < sum(map(len, cells.values())) / 10
    assert len(made["bodies.tar.zst"]) < sum(store.bodies.beginning(sha, 0)[1] for sha in _bodies(store)) / 2


def _bodies(store: RunStore) -> set[str]:
    return {sha for record in store.exchanges() for sha in (record.request, record.response) if sha}


def test_every_cell_with_exchanges_is_in_the_file_once(plain: Path) -> None:
    """In the order of scenarios, so that what shares its text stands together; whole variants follow."""
    render(plain)
    results = build_results(RunStore.open(plain))
    order = {info.id: number for number, info in enumerate(results.scenarios)}
    cells = sorted((cell for cell in results.cells if cell.evidence), key=lambda cell: order[cell.scenario])
    names = [f"{cell.variant}--{cell.scenario}" for cell in cells]
    assert list(cells_of(plain)) == names + [variant.name for variant in results.variants]


def test_plain_pages_are_made_for_all_cells_or_for_those_that_failed_or_for_none(plain: Path) -> None:
    """Those of an earlier choice do not stay behind, and each choice gives the same bytes again."""
    results = build_results(RunStore.open(plain))
    cells = [cell for cell in results.cells if cell.evidence]
    failed = {
        plain_page(cell_name(cell.variant, cell.scenario))
        for cell in cells
        if cell.completed < cell.n or "fail" in {check.verdict for check in cell.checks.values()}
    }
    everything = {plain_page(cell_name(cell.variant, cell.scenario)) for cell in cells}
    everything |= {plain_page(variant_name(variant.name)) for variant in results.variants}
    assert 0 < len(failed) < len(everything)
    render(plain)
    before = files(plain)
    for choice, wanted in (("all", everything), ("failed", failed), ("page", set[str]())):
        paths = render(plain, choice)  # type: ignore[arg-type]
        made = files(plain)
        assert {name for name in made if name.startswith("evidence/")} == wanted
        assert {path.relative_to(plain).as_posix() for path in paths.plain} == wanted
        assert made["evidence.html"] == before["evidence.html"]
        assert (made["report.html"] == before["report.html"]) == (choice != "all")
        render(plain, choice)  # type: ignore[arg-type]
        assert files(plain) == made
    assert files(plain) == before


def test_with_all_plain_pages_every_link_leads_to_one(plain: Path) -> None:
    """In the report, its Markdown, and the pages of whole variants; none of them leads to the one page."""
    render(plain)
    linked = re.findall(rb'href="evidence\.html#[\w.-]+"', (plain / "report.html").read_bytes())
    render(plain, "all")
    made = files(plain)
    html = [re.sub(r"<[^>]*>", "", made["report.html"].decode()), made["report.html"].decode()]
    assert "evidence.html#" not in html[1]
    links = re.findall(r'href="(evidence/[\w.-]+\.html)"', html[1])
    assert len(links) == len(linked) > 100
    assert all(link in made for link in links)
    for name in (name for name in made if name.endswith(".md")):
        text = made[name].decode()
        assert "evidence.html#" not in text
        assert all(link in made for link in re.findall(r"\]\((evidence/[^)]+)\)", text))
    assert "](evidence/lynkr--L1.html)" in made["report.md"].decode()
    page = made["evidence/lynkr.html"].decode()
    assert 'href="lynkr--L1.html"' in page
    assert "evidence.html" not in page
    render(plain)


def test_only_links_of_the_report_are_led_elsewhere() -> None:
    """The same words in a text of a record stay as they are."""
    text = 'see evidence.html#a--b and href=&#34;evidence.html#a--b&#34; <a href="evidence.html#a--b">x</a>'
    assert to_plain_evidence("report.html", text) == text.replace(
        '"evidence.html#a--b"', '"evidence/a--b.html"'
    )
    page = plain_html("a & b", f'<a href="report.html#x">y</a> {text}')
    assert "<title>Evidence: a &amp; b</title>" in page
    expected = text.replace('"evidence.html#a--b"', '"a--b.html"')
    assert f'<a href="../report.html#x">y</a> {expected}' in page
    text = r"\[x\](evidence.html#a--b) [x](evidence.html#a--b)"
    assert to_plain_evidence("report.md", text) == r"\[x\](evidence.html#a--b) [x](evidence/a--b.html)"


def test_the_command_takes_the_choice(plain: Path) -> None:
    """`lab report --evidence all` writes plain pages; another word is wrong usage."""
    runner = CliRunner()
    done = runner.invoke(app, ["report", str(plain), "--evidence", "all"])
    assert done.exit_code == 0, done.output
    assert (plain / "evidence" / "lynkr--L1.html").is_file()
    assert runner.invoke(app, ["report", str(plain)]).exit_code == 0
    assert not (plain / "evidence" / "lynkr--L1.html").exists()
    assert runner.invoke(app, ["report", str(plain), "--evidence", "some"]).exit_code == 2


def test_pages_are_grouped_by_scenario_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group ends only between two scenarios, and never without need."""
    monkeypatch.setattr(pages, "GROUP_CHARS", 10)
    groups = Groups(lambda data: data)
    for one, name in (("A", "x--A"), ("A", "y--A"), ("B", "x--B"), ("C", "x--C")):
        groups.add(one, name, "line 1\nline 2")
    groups.close()
    groups.close()
    assert [group.names for group in groups.done] == ["x--A y--A", "x--B", "x--C"]


def test_known_secrets_are_replaced_before_the_evidence_is_compressed() -> None:
    """Afterwards nobody could find them."""
    groups = Groups(Redactor(["s3cret-value"]).bytes)
    groups.add("S1", "direct--S1", "<p>s3cret-value</p>")
    groups.close()
    (group,) = groups.done
    raw = deflate.zlib_decompress(base64.b64decode(group.data), 10_000)
    assert b"s3cret" not in raw
    assert b"[redacted]" in raw


def test_names_of_cells_need_no_escaping(tmp_path: Path) -> None:
    """Variants and scenarios with any characters get names that fit into an attribute and an address."""
    infos = (scenario('S"1 <b>'), scenario("S/2&#x"), scenario("x" * 200))
    builder = RunBuilder(tmp_path, scenarios=infos, repeats=1)
    for info in infos:
        builder.exchange("direct", info.id)
    render(builder.store.path)
    names = [names for names, _ in GROUP.findall((builder.store.path / "evidence.html").read_text("utf-8"))]
    assert len(" ".join(names).split(" ")) == 3 + len(builder.variants)
    assert all(re.fullmatch(r"[\w.-]{1,130}", name) for name in " ".join(names).split(" "))
