"""A report of many scenarios in a real browser: the alarm first, grids folded, nothing wider than a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_report_pages import CONTRASTS, address

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
OPEN_ALL = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"


@pytest.fixture
def opened(browser: Browser, suites: Path) -> Callable[..., Any]:
    """Opens a page of the run of six suites, offline."""

    @contextmanager
    def opener(
        width: int = 1280, scheme: Scheme = "light", name: str = "report.html", *, javascript: bool = True
    ) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=javascript,
            offline=True,
        )
        page = context.new_page()
        page.goto(address(suites, name))
        try:
            yield page
        finally:
            context.close()

    return opener


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window_with_everything_unfolded(
    opened: Callable[..., Any], width: int, scheme: Scheme
) -> None:
    """Grids and tables scroll within their own regions, on a phone as on a desktop."""
    with opened(width, scheme) as page:
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        outside = page.evaluate(
            """(width) => [...document.querySelectorAll('header *, main *')]
                 .filter((e) => !e.closest('.scroll, svg, .hide') && e.checkVisibility())
                 .filter((e) => e.getBoundingClientRect().right > width + 1)
                 .map((e) => e.outerHTML.slice(0, 90))""",
            width,
        )
        assert outside == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_wrong_answers_are_the_first_thing_on_the_first_screen(
    opened: Callable[..., Any], width: int
) -> None:
    """All that the alert counts stands within the first screen, before the summary and every table."""
    with opened(width) as page:
        lines = [line.bounding_box() for line in page.locator("#alert h2, #alert summary").all()]
        assert len(lines) == 4
        assert max(line["y"] + line["height"] for line in lines if line) <= 800
        alert = page.locator("#alert").bounding_box()
        summary = page.locator("#summary").bounding_box()
        assert alert is not None
        assert summary is not None
        assert alert["y"] + alert["height"] <= summary["y"]
        assert page.locator("main > :first-child").get_attribute("id") == "alert"
        headline = page.locator("#alert h2").inner_text()
        assert "answers from another conversation were served" in headline


def test_the_alert_leads_to_the_evidence(opened: Callable[..., Any], suites: Path) -> None:
    """One click from the first screen to what was sent and what came back."""
    with opened() as page:
        page.locator("#alert a").first.click()
        assert page.url.startswith(f"{(suites / 'evidence.html').as_uri()}#")
        page.get_by_role("heading", name="through lynkr", level=1).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_text_has_enough_contrast(opened: Callable[..., Any], scheme: Scheme, width: int) -> None:
    """The alert, grids, folded headings and their verdicts reach 4.5 to 1."""
    with opened(width, scheme) as page:
        page.evaluate(OPEN_ALL)
        found = page.evaluate(CONTRASTS)
    assert len(found) > 500
    assert [entry for entry in found if entry[0] < 4.5][:10] == []


def test_grids_are_folded_and_open_by_keyboard(opened: Callable[..., Any]) -> None:
    """A fold takes the focus, shows it, and opens and closes by Enter and Space, without JavaScript."""
    with opened(javascript=True) as page:
        fold = page.locator("#suite-routing details").first
        table = fold.locator("table")
        assert not table.is_visible()
        fold.locator("summary").focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Enter")
        assert table.is_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "scroll"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')").startswith("evidence.html#")
        fold.locator("summary").focus()
        page.keyboard.press("Space")
        assert not table.is_visible()


def test_every_evidence_page_of_a_grid_is_reached_by_keyboard(opened: Callable[..., Any]) -> None:
    """In a grid each cell leads somewhere else, so each is a tab stop."""
    with opened() as page:
        page.evaluate(OPEN_ALL)
        links = page.locator("table.grid a[href^='evidence.html#']")
        assert links.count() > 500
        assert page.locator("table.grid a[href^='evidence.html#'][tabindex='-1']").count() == 0


def test_the_way_back_from_evidence_opens_the_fold(opened: Callable[..., Any], suites: Path) -> None:
    """A scenario's row in a folded grid is shown when its page leads back to it."""
    with opened(name="evidence.html#lynkr--CA-1c") as page:
        page.get_by_role("link", name="Back to scenario CA-1c").click()
        assert page.url == f"{(suites / 'report.html').as_uri()}#scenario-CA-1c"
        row = page.locator("#scenario-CA-1c")
        row.wait_for(state="visible")
        page.wait_for_function(
            """() => {
              const top = document.getElementById('scenario-CA-1c').getBoundingClientRect().top;
              return top >= 0 && top < innerHeight;
            }"""
        )
        assert row.is_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_contents_unfold_into_nested_entries(opened: Callable[..., Any], width: int) -> None:
    """Folded at first; by keyboard it opens, and an entry of a suite leads there."""
    with opened(width) as page:
        entry = page.locator("nav[aria-label=Contents] li li a", has_text="Suite cache")
        assert not entry.is_visible()
        page.locator("nav[aria-label=Contents] summary").focus()
        page.keyboard.press("Enter")
        assert entry.is_visible()
        entry.click()
        assert page.url.endswith("#suite-cache")
        box = page.locator("#suite-cache").bounding_box()
        assert box is not None
        assert abs(box["y"]) < 800


def test_headings_are_in_order_also_in_folds(opened: Callable[..., Any]) -> None:
    """No level is skipped, folded parts included."""
    with opened() as page:
        levels = page.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, h4, h5')].map((h) => Number(h.tagName[1]))"
        )
        assert len(levels) > 40
        assert [after for before, after in pairwise(levels) if after - before > 1] == []


def test_the_verdict_table_is_a_table_on_a_phone_too(opened: Callable[..., Any]) -> None:
    """Suites stay column headings for who cannot see the cards."""
    with opened(360) as page:
        tree = page.locator("#verdict-suites").aria_snapshot()
        assert 'rowheader "lynkr' in tree
        assert tree.count("columnheader") == 8
        assert 'columnheader "compression' in tree
