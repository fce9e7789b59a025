"""Which tests one worker runs together, and in which order workers take them."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# The groups that take longest, the longest first: a worker that took one of them last would work on alone.
LONG = (
    "tests/integration/test_comparison.py[host]",
    "tests/integration/test_run_lies.py",
    "tests/integration/test_comparison.py[docker]",
    "tests/integration/test_docker_engine_images.py",
    "tests/integration/test_run_interrupted.py",
    "tests/integration/test_wires.py",
    "tests/integration/test_ollama_real.py",
    "tests/integration/test_ollama_mode.py",
    "tests/integration/test_cli_errors.py",
    "tests/integration/test_host_engine_gateways.py",
    "tests/integration/test_docker_engine.py",
    "tests/integration/test_own_prompts.py",
    "tests/integration/test_run_rogue.py",
    "tests/integration/test_host_engine.py",
    "tests/browser/test_suites_pages.py",
)
# Files in which no test shares anything with those of the other engine.
BY_ENGINE = ("tests/integration/test_comparison.py",)


def group(nodeid: str) -> str:
    """The file of a test, so that what its tests share is made once; in some files the engine too."""
    file, _, name = nodeid.partition("::")
    engine = "host" if "host" in name.partition("[")[2].rstrip("]").split("-") else "docker"
    return f"{file}[{engine}]" if file in BY_ENGINE else file


def rank(nodeid: str) -> int:
    """The place of a test's group: that in LONG, or after all of these."""
    name = group(nodeid)
    return LONG.index(name) if name in LONG else len(LONG)


class Groups(LoadScopeScheduling):
    """Gives a worker a whole group, and the groups to workers in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """However many workers there are, they take groups."""
    config.option.loadscopereorder = False
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the groups that take longest begin first."""
    items.sort(key=lambda item: rank(item.nodeid))
