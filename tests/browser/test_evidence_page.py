"""evidence.html in a real browser: one file, no server, one script, and nothing else that runs."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page

from lab.report import render
from tests.browser.test_report_pages import CONTRASTS, Scheme, Seen, address
from tests.unit.records_builder import Call, RunBuilder
from tests.unit.sample_run import sample_run

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
ATTACKS = (
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "<svg onload='window.hit = 3'><a href='javascript:window.hit = 4'>x</a></svg>",
    "</pre></details></main></template><iframe srcdoc='<script>parent.hit = 5</script>'></iframe>",
    "--><style>body { display: none }</style>",
    '"},"pages":{"direct--S1":[0]}} ${window.hit = 6} {{ 7 }}',
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run as `run`, with a plain page for each cell."""
    store = sample_run(tmp_path_factory.mktemp("plain"))
    render(store.path, "all")
    return store.path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model, gateway and client all write what a careless page would run."""
    builder = RunBuilder(tmp_path_factory.mktemp("hostile"))
    attack = "\n".join(ATTACKS)
    question = {"model": attack, "messages": [{"role": "user", "content": attack}]}
    forwarded = {"model": attack, "messages": [{"role": "system", "content": attack}]}
    builder.exchange("direct", "S1", text=attack, body=question)
    call = Call(model=attack, error=attack, body=forwarded, text=attack)
    builder.exchange("litellm", "S1", text=attack, body=question, calls=[call])
    raw = attack.encode() + b"\x1b[2J"
    builder.exchange("litellm", "S1", 2, status="failed", reason=attack, raw_response=raw)
    render(builder.store.path)
    return builder.store.path


@pytest.fixture
def opened(browser: Browser) -> Open:
    """Opens a page of a run offline, recording requests, console messages, errors and dialogs."""

    @contextmanager
    def opener(
        run: Path, name: str, width: int = 1280, scheme: Scheme = "light", *, javascript: bool = True
    ) -> Iterator[Seen]:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=javascript,
            offline=True,
        )
        seen = Seen(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.goto(address(run, name))
        try:
            yield seen
        finally:
            context.close()

    return opener


def heading(page: Page, text: str) -> None:
    """Waits until this is the page's heading, and the title agrees with it."""
    page.get_by_role("heading", name=text, level=1, exact=True).wait_for()
    assert page.title() in {text, f"Evidence: {text}"}
    assert page.locator("h1").count() == page.locator("main").count() == 1


def test_a_figure_leads_to_its_evidence_and_back_leads_to_the_report(opened: Open, run: Path) -> None:
    """The browser's Back returns to the report, and Forward to the same cell."""
    with opened(run, "report.html") as seen:
        page = seen.page
        page.locator("#t-L1").get_by_role("link", name="300", exact=True).first.click()
        heading(page, "L1 through lynkr")
        page.go_back()
        assert page.url == (run / "report.html").as_uri()
        page.go_forward()
        heading(page, "L1 through lynkr")
        assert seen.complaints == []


def test_the_address_decides_which_cell_is_shown(opened: Open, run: Path) -> None:
    """Another fragment shows another cell at its top, with the focus on its heading; Back shows the first."""
    with opened(run, "evidence.html#lynkr--L1") as seen:
        page = seen.page
        heading(page, "L1 through lynkr")
        assert page.evaluate("document.activeElement === document.body")
        page.evaluate("scrollTo(0, 600)")
        page.evaluate("location.hash = '#litellm--R1'")
        heading(page, "R1 through litellm")
        page.wait_for_function("document.activeElement.tagName === 'H1' && scrollY === 0")
        page.go_back()
        heading(page, "L1 through lynkr")
        page.reload()
        heading(page, "L1 through lynkr")
        assert len(set(seen.requests)) == 1


def test_the_last_of_several_cells_wins(opened: Open, run: Path) -> None:
    """Who asks for another cell before the first is unpacked sees the other."""
    with opened(run, "evidence.html") as seen:
        heading(seen.page, f"Evidence of run {run.name}")
        seen.page.evaluate(
            "for (const name of ['lynkr--L1', 'lynkr--SC2', 'direct--S1']) location.hash = '#' + name"
        )
        heading(seen.page, "S1 through direct")
        seen.page.wait_for_timeout(200)
        heading(seen.page, "S1 through direct")


def test_links_within_a_cell_stay_in_it(opened: Open, run: Path) -> None:
    """The reason of a missing figure is reached, also on a reload, and Back stays in the cell."""
    with opened(run, "evidence.html#lynkr--SC2") as seen:
        page = seen.page
        heading(page, "SC2 through lynkr")
        page.get_by_role("link", name="reason 1").first.click()
        assert page.url == address(run, "evidence.html#lynkr--SC2/repeats-note-1")
        page.wait_for_function("document.activeElement.id === 'repeats-note-1'")
        page.reload()
        heading(page, "SC2 through lynkr")
        page.wait_for_function("document.activeElement.id === 'repeats-note-1'")
        page.go_back()
        assert page.url == address(run, "evidence.html#lynkr--SC2")
        heading(page, "SC2 through lynkr")


def test_the_skip_link_comes_first_and_leads_to_the_evidence(opened: Open, run: Path) -> None:
    """By keyboard, without a change of the cell."""
    with opened(run, "evidence.html#lynkr--L1") as seen:
        heading(seen.page, "L1 through lynkr")
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.className") == "skip"
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "main"
        heading(seen.page, "L1 through lynkr")


@pytest.mark.parametrize("name", ["lynkr--gone", "../report", "%3Cimg src=x%3E", "constructor", "__proto__"])
def test_a_cell_that_is_not_there_says_so(opened: Open, run: Path, name: str) -> None:
    """Whatever the address names, the page says what it does not have and where to go on."""
    with opened(run, f"evidence.html#{name}") as seen:
        heading(seen.page, "No such evidence")
        assert "This run has no evidence under the name" in seen.page.locator("main").inner_text()
        assert seen.page.locator("main img").count() == 0
        seen.page.get_by_role("link", name="lynkr", exact=True).click()
        heading(seen.page, "All exchanges of lynkr")
        assert seen.complaints == []


def test_a_damaged_file_says_so(opened: Open, run: Path, tmp_path: Path) -> None:
    """Data that cannot be unpacked is no empty page."""
    text = (run / "evidence.html").read_text("utf-8")
    cut = re.sub(r'(data-cells="[^"]+">.{200})[^<]+', r"\1", text)
    assert len(cut) < len(text)
    (tmp_path / "evidence.html").write_text(cut, "utf-8")
    with opened(tmp_path, "evidence.html#lynkr--L1") as seen:
        heading(seen.page, "This evidence cannot be shown")
        assert "--evidence all" in seen.page.locator("main").inner_text()


def test_without_javascript_the_page_says_what_to_do(opened: Open, run: Path, plain: Path) -> None:
    """It names the command, and after that command the report leads to plain pages that need none."""
    with opened(run, "evidence.html#lynkr--L1", javascript=False) as seen:
        shown = seen.page.locator("main").inner_text()
        assert f"lab report {run.name} --evidence all" in shown
        assert "No such evidence" not in shown
        assert seen.page.locator("main p:visible").count() == 1
    with opened(plain, "evidence/lynkr.html", javascript=False) as seen:
        assert seen.page.locator("h1").inner_text() == "All exchanges of lynkr"
        seen.page.get_by_role("link", name="L1", exact=True).click()
        assert seen.page.url == (plain / "evidence/lynkr--L1.html").as_uri()
    with opened(plain, "report.html", javascript=False) as seen:
        seen.page.locator("#t-L1").get_by_role("link", name="300", exact=True).first.click()
        assert seen.page.url == (plain / "evidence/lynkr--L1.html").as_uri()
        assert seen.page.locator("h1").inner_text() == "L1 through lynkr"
        seen.page.get_by_role("link", name="Back to scenario L1").click()
        assert seen.page.url == f"{(plain / 'report.html').as_uri()}#scenario-L1"


def test_a_plain_page_and_the_one_page_show_the_same(opened: Open, plain: Path) -> None:
    """Only the way back differs."""
    with opened(plain, "evidence.html#lynkr--L1") as seen:
        heading(seen.page, "L1 through lynkr")
        shown = seen.page.locator("body").inner_text()
    with opened(plain, "evidence/lynkr--L1.html") as seen:
        assert seen.page.locator("body").inner_text() == shown
    assert "alert('x')" in shown


@pytest.mark.parametrize("cell", ["litellm--S1", "direct--S1"])
def test_hostile_bodies_are_text(opened: Open, hostile: Path, cell: str) -> None:
    """Nothing that a model, a gateway or a client wrote becomes an element, a style, a link or a script."""
    with opened(hostile, f"evidence.html#{cell}") as seen:
        page = seen.page
        heading(page, f"S1 through {cell.removesuffix('--S1')}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        shown = page.locator("main").inner_text()
        assert all(attack in shown for attack in ATTACKS[:3])
        assert page.locator("#page :is(script, style, img, svg, iframe, template)").count() == 0
        links = page.evaluate("[...document.links].map((link) => link.getAttribute('href'))")
        assert all(re.fullmatch(r"(report\.html)?#[\w./-]+", link) for link in links)
        page.wait_for_timeout(100)
        assert page.evaluate("window.hit") is None
        assert seen.complaints == []
        assert len(seen.requests) == 1


def test_the_policy_allows_the_pages_own_script_and_no_other(opened: Open, run: Path, tmp_path: Path) -> None:
    """Even markup that got into a cell unescaped would not run: the policy names one script by its hash."""
    text = (run / "evidence.html").read_text("utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    attack = "<img src=x onerror='window.hit = 1'><a id=bad href='javascript:window.hit = 2'>x</a>"
    names = 'data-cells="bad--S1"'
    page = f"<main><h1>bad</h1>{attack}<script>window.hit = 3</script></main>"
    group = orjson.dumps({"lines": [page], "pages": {"bad--S1": [0]}})
    packed = base64.b64encode(zlib.compress(group)).decode()
    more = f'<script type="application/octet-stream" {names}>{packed}</script><script>window.hit = 4</script>'
    (tmp_path / "evidence.html").write_text(text.replace("</body>", f"{more}</body>"), "utf-8")
    with opened(tmp_path, "evidence.html#bad--S1") as seen:
        heading(seen.page, "bad")
        seen.page.locator("#bad").click()
        seen.page.wait_for_timeout(200)
        assert seen.page.evaluate("window.hit") is None
        assert len(seen.complaints) >= 3
        assert all("Content Security Policy" in text for text in seen.complaints)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["", "#lynkr--L1", "#lynkr--gone"])
def test_every_state_is_legible_and_no_wider_than_its_window(
    opened: Open, run: Path, name: str, scheme: Scheme, width: int
) -> None:
    """On a phone and on a desktop, by day and by night."""
    with opened(run, f"evidence.html{name}", width, scheme) as seen:
        heads = {"": f"Evidence of run {run.name}", "#lynkr--L1": "L1 through lynkr"}
        heading(seen.page, heads.get(name, "No such evidence"))
        seen.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        found = seen.page.evaluate(CONTRASTS)
        assert len(found) > 10
        assert [entry for entry in found if entry[0] < 4.5] == []


def test_what_is_shown_is_found_and_what_is_packed_is_not(opened: Open, run: Path) -> None:
    """The browser's search looks at the cell that is shown, and at no other."""
    with opened(run, "evidence.html#lynkr--L1") as seen:
        heading(seen.page, "L1 through lynkr")
        assert seen.page.evaluate("window.find('r1-L1-lynkr')")
        assert not seen.page.evaluate("window.find('r1-S1-direct')")
