"""What a check says of one exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.report.build import build_results
from lab.results.cell import CheckResult
from tests.unit.records_builder import RunBuilder, scenario, variant


def judge(root: Path, name: str, info: dict[str, Any] | None = None, **exchange: Any) -> CheckResult:
    """What a check says of one exchange through a routing variant."""
    builder = RunBuilder(
        root, variants=(variant("direct"), variant("lynkr")), scenarios=(scenario("S1", **(info or {})),)
    )
    builder.exchange("lynkr", "S1", **exchange)
    return build_results(builder.store).cell("lynkr", "S1").checks[name]
