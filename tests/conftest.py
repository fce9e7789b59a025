"""Groups of tests that one worker runs, in the order in which workers take them."""

from __future__ import annotations

import pytest

# The groups that take longest, with those first that take longest of all: a worker that took one of them
# last would be the only one to work.
LONG = (
    "tests/integration/test_comparison.py[host]",
    "tests/integration/test_run_lies.py",
    "tests/integration/test_comparison.py[docker]",
    "tests/integration/test_docker_engine_images.py",
    "tests/integration/test_wires.py",
    "tests/integration/test_ollama_mode.py",
    "tests/integration/test_run_interrupted.py",
    "tests/integration/test_host_engine_gateways.py",
    "tests/integration/test_docker_engine.py",
    "tests/browser/test_suites_pages.py",
    "tests/integration/test_cli_errors.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run a whole file, so that what its tests share is made once."""
    groups = {item: group(item) for item in items}
    for item, name in groups.items():
        item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: rank(groups[item]))


def group(item: pytest.Item) -> str:
    """The file of a test; what it shares for one engine alone is a group of its own."""
    file = item.nodeid.partition("::")[0]
    engine = getattr(item, "callspec", None) and item.callspec.params.get("run")  # type: ignore[attr-defined]
    return f"{file}[{engine}]" if isinstance(engine, str) else file


def rank(name: str) -> int:
    """The place of a group: that in `LONG`, or after all of these."""
    return next((place for place, long in enumerate(LONG) if name.startswith(long)), len(LONG))
