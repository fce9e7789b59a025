"""One model server of a run: what of its models is noticed at the end."""

from __future__ import annotations

import pytest

from lab.engines.modelserver.said import Loaded
from lab.run.model_server import was_loaded_again


@pytest.mark.parametrize(
    ("one", "since", "again"),
    [
        (None, 60.0, True),
        (None, 3500.0, False),
        (Loaded(1, 250.0), 60.0, True),
        (Loaded(1, 250.0), 3300.0, False),
        (Loaded(1, 900.0), 2500.0, False),
        (Loaded(1, None), 60.0, False),
    ],
)
def test_a_model_that_was_idle_for_long_is_not_taken_for_one_that_was_loaded_again(
    one: Loaded | None, since: float, again: bool
) -> None:
    """Ollama unloads it after an hour, and its time runs down until then."""
    assert was_loaded_again(one, since) is again
