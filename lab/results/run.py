"""The part of results.json that says what ran: the run, its variants and scenarios."""

from __future__ import annotations

from lab.records.manifest import CellStatus, RunFrame, ScenarioFrame, VariantInfo


class VariantRow(VariantInfo):
    """One variant: what it is, from what it was started, and how it fared as a whole."""

    status: CellStatus
    baseline: bool = False


class ScenarioRow(ScenarioFrame):
    """One scenario, how many facts it declares, and whether totals cover it."""

    facts_total: int = 0
    compared: bool = False


class RunInfo(RunFrame):
    """What ran, with the number of exchanges and of calls that the meter received."""

    id: str
    exchanges: int = 0
    upstream_calls: int = 0
