"""A system Chromium that reaches nothing, for looking at reports as their readers do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from lab.report import render
from tests.unit.sample_run import sample_run
from tests.unit.suites_run import suites_run

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The path of a Chromium; its absence skips the test with the reason, and fails it under CI=true."""
    found = next(
        (p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None
    )
    if found is None:
        why = "no Chromium on the PATH: install the package chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser with a fresh profile, closed at the end."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered run with routed, cached, failed, unavailable and hostile rows."""
    store = sample_run(tmp_path_factory.mktemp("browser"))
    render(store.path)
    return store.path


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered run of six suites through nine variants, with wrong answers and large grids."""
    store = suites_run(tmp_path_factory.mktemp("suites"), scale=5)
    render(store.path)
    return store.path
