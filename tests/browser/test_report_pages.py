"""The report in a real browser: offline, without JavaScript, on a phone, in the dark, by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page

pytestmark = pytest.mark.browser

PAGES = (
    "report.html",
    "evidence.html#lynkr--L1",
    "evidence.html#litellm--R1",
    "evidence.html#lynkr--SC2",
    "evidence.html#lynkr",
)
Scheme = Literal["light", "dark"]

CONTRASTS = """() => {
  const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const shade = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    const svg = node.closest('svg');
    if (svg && node.tagName !== 'text') continue;
    const style = getComputedStyle(node);
    const front = shade(channels(svg ? style.fill : style.color));
    const back = shade(ground(svg ? svg.parentElement : node));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const text = walker.currentNode.textContent.trim().slice(0, 40);
    found.push([ratio, node.tagName + '.' + node.getAttribute('class'), text]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""


def address(run: Path, name: str) -> str:
    """The address of a page of a run, with the cell that is to be shown."""
    file, _, cell = name.partition("#")
    return f"{(run / file).as_uri()}#{cell}" if cell else (run / file).as_uri()


@dataclass
class Seen:
    """A page, and everything that it asked for or complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Any]


def _refuse(dialog: Dialog, seen: Seen) -> None:
    seen.complaints.append(dialog.message)
    dialog.dismiss()


@pytest.fixture
def opened(browser: Browser, run: Path) -> Open:
    """Opens a page of the run offline, recording requests, console messages, errors and dialogs."""

    @contextmanager
    def opener(
        name: str, width: int = 1280, scheme: Scheme = "light", *, javascript: bool = True
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
        seen.page.on("dialog", lambda dialog: _refuse(dialog, seen))
        seen.page.goto(address(run, name))
        if javascript and "#" in name:
            seen.page.wait_for_function("document.title.startsWith('Evidence: ')")
        try:
            yield seen
        finally:
            context.close()

    return opener


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_itself_and_nothing_else(opened: Open, run: Path, name: str) -> None:
    """One request, for the file itself; no console message, no error, no dialog, no injected element."""
    with opened(name) as seen:
        assert seen.requests == [(run / name.partition("#")[0]).as_uri()]
        assert seen.complaints == []
        assert seen.page.locator("iframe, img, object, embed, form, [onerror], [onload]").count() == 0
        scripts = seen.page.locator("script:not([type='application/octet-stream'])").count()
        assert scripts == (1 if name.startswith("evidence.html") else 0)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_is_wider_than_its_window(opened: Open, name: str, width: int) -> None:
    """From phone to desktop only tables scroll sideways, each within its own region."""
    with opened(name, width) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        outside = seen.page.evaluate(
            """(width) => [...document.querySelectorAll('main *')]
                 .filter((e) => !e.closest('.scroll, svg, .hide') && e.checkVisibility())
                 .filter((e) => e.getBoundingClientRect().right > width + 1)
                 .map((e) => e.outerHTML.slice(0, 90))""",
            width,
        )
        assert outside == []


def test_everything_is_there_without_javascript(opened: Open) -> None:
    """The text that a reader sees is the same with JavaScript and without."""
    with opened("report.html") as seen:
        with_scripts = seen.page.locator("body").inner_text()
    with opened("report.html", javascript=False) as seen:
        without = seen.page.locator("body").inner_text()
    assert without == with_scripts
    assert "lynkr" in without


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(opened: Open, name: str, scheme: Scheme) -> None:
    """Body text, links, badges, marks and chart labels reach 4.5 to 1 on what is behind them."""
    with opened(name, scheme=scheme) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found = seen.page.evaluate(CONTRASTS)
    assert len(found) > 50
    assert [entry for entry in found if entry[0] < 4.5][:10] == []


def test_dark_and_light_are_two_different_looks(opened: Open) -> None:
    """The ground is light in one scheme and dark in the other."""
    grounds = []
    for scheme in ("light", "dark"):
        with opened("report.html", scheme=scheme) as seen:
            grounds.append(seen.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] == "rgb(255, 255, 255)"
    assert all(int(part) < 60 for part in grounds[1].removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order_and_landmarks_are_there(opened: Open, name: str) -> None:
    """One h1, no skipped level, a language, a title, one main landmark, named navigation."""
    with opened(name) as seen:
        levels = seen.page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) => Number(h.tagName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert seen.page.locator("html[lang=en]").count() == 1
        assert seen.page.title()
        assert seen.page.locator("main").count() == 1
        assert seen.page.locator("nav:not([aria-label])").count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_tables_and_charts_say_what_they_are(opened: Open, name: str) -> None:
    """Tables have captions, headings with a scope and a region to scroll in; charts have title and text."""
    with opened(name) as seen:
        page = seen.page
        assert page.locator("table").count() > 0
        assert page.locator("table:not(:has(caption))").count() == 0
        assert page.locator("th:not([scope])").count() == 0
        assert page.locator("tbody tr:not(:has(th[scope=row])):not(.diff tr)").count() == 0
        assert (
            page.locator("table").count()
            == page.locator(".scroll[role=region][tabindex='0'] > table").count()
        )
        unnamed = (
            "[...document.querySelectorAll('.scroll')].filter((e) => !e.getAttribute('aria-labelledby'))"
        )
        assert page.evaluate(f"{unnamed}.length") == 0
        assert page.locator("svg[role=img]:not(:has(title)), svg[role=img]:not(:has(desc))").count() == 0


def test_the_verdict_is_on_the_first_screen_of_a_phone_and_a_desktop(opened: Open) -> None:
    """Whether to trust the run and where the verdict starts is seen without scrolling."""
    for width in (360, 1280):
        with opened("report.html", width) as seen:
            for selector in (".standing", "#verdict"):
                box = seen.page.locator(selector).bounding_box()
                assert box is not None
                assert box["y"] < 700, (width, selector)


def test_cards_on_a_phone_keep_the_roles_of_a_table(opened: Open) -> None:
    """The verdict table is read as a table with named columns although a phone shows it as cards."""
    with opened("report.html", 360) as seen:
        tree = seen.page.locator("#verdict").aria_snapshot()
        assert 'rowheader "lynkr' in tree
        assert tree.count("columnheader") == 10
        assert seen.page.locator("#verdict tbody td[data-label]").count() >= 30


def test_the_keyboard_reaches_the_skip_link_first_and_then_the_evidence(opened: Open) -> None:
    """Tab starts at the skip link, which shows itself, and goes on to links with evidence and regions."""
    with opened("report.html") as seen:
        page = seen.page
        page.keyboard.press("Tab")
        box = page.locator(".skip").bounding_box()
        assert page.evaluate("document.activeElement.className") == "skip"
        assert box is not None
        assert box["y"] >= 0
        stops = []
        for _ in range(160):
            page.keyboard.press("Tab")
            stops.append(
                page.evaluate(
                    "[document.activeElement.tagName, document.activeElement.getAttribute('href') || '',"
                    " getComputedStyle(document.activeElement).outlineStyle]"
                )
            )
        assert any(href.startswith("evidence.html#") for _, href, _ in stops)
        assert any(tag == "DIV" for tag, _, _ in stops)
        assert all(outline != "none" for tag, _, outline in stops if tag in {"A", "DIV"})


def test_evidence_is_one_click_away_and_leads_back(opened: Open, run: Path) -> None:
    """A figure leads to its cell's page, and that page back to its scenario."""
    with opened("report.html") as seen:
        seen.page.locator("#t-L1").get_by_role("link", name="300", exact=True).first.click()
        assert seen.page.url == address(run, "evidence.html#lynkr--L1")
        seen.page.get_by_role("heading", name="L1 through lynkr", level=1).wait_for()
        seen.page.get_by_role("link", name="Back to scenario L1").click()
        assert seen.page.url == f"{(run / 'report.html').as_uri()}#scenario-L1"


def test_a_sum_leads_to_the_exchanges_it_is_made_of_by_mouse_and_keyboard(opened: Open, run: Path) -> None:
    """A figure of the summary is quiet until pointed at; its page leads on to one cell, and back."""
    with opened("report.html") as seen:
        page = seen.page
        row = page.locator("#verdict tbody tr").filter(has=page.get_by_role("rowheader", name="lynkr"))
        figure = row.locator("a.sum").first
        assert figure.evaluate("(e) => getComputedStyle(e).textDecorationStyle") == "dotted"
        figure.hover()
        assert figure.evaluate("(e) => getComputedStyle(e).textDecorationStyle") == "solid"
        row.locator("th a").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "evidence.html#lynkr"
        assert figure.evaluate("(e) => getComputedStyle(e).outlineStyle") != "none"
        page.keyboard.press("Enter")
        page.wait_for_url(address(run, "evidence.html#lynkr"))
        page.get_by_role("heading", name="All exchanges of lynkr", level=1).wait_for()
        page.get_by_role("link", name="L1", exact=True).click()
        assert page.url == address(run, "evidence.html#lynkr--L1")
        page.go_back()
        page.get_by_role("link", name="Back to lynkr in the report").click()
        assert page.url == f"{(run / 'report.html').as_uri()}#variant-lynkr"


def test_hostile_text_is_shown_and_not_obeyed(opened: Open) -> None:
    """An answer's script tag is on the evidence page as text, in the right reading direction."""
    with opened("evidence.html#lynkr--L1") as seen:
        assert "<script>alert('x')</script>" in seen.page.locator(".diff").first.inner_text()
        assert seen.complaints == []


def test_a_print_shows_tables_whole_on_white(opened: Open) -> None:
    """In print nothing scrolls and text is dark on white, whatever the screen's scheme."""
    with opened("report.html", scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert (
            seen.page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
        )
        found = seen.page.evaluate(CONTRASTS)
        assert [entry for entry in found if entry[0] < 4.5][:10] == []
