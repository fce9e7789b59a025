"""The sample run, counted anew once for all tests that hold the lab's figures against it."""

from __future__ import annotations

import orjson
import pytest

from tests.paths import ROOT
from tests.unit.docs.recount import Json, Run
from tests.unit.docs.recount_cells import Observed
from tests.unit.docs.recount_origins import observed

SAMPLE = ROOT / "reports" / "sample"


@pytest.fixture(scope="session")
def run() -> Run:
    """The sample run."""
    return Run(SAMPLE)


@pytest.fixture(scope="session")
def seen(run: Run) -> Observed:
    """All its exchanges, counted anew."""
    return observed(run)


@pytest.fixture(scope="session")
def results() -> Json:
    """What the lab says of it."""
    found: Json = orjson.loads((SAMPLE / "results.json").read_bytes())
    return found
