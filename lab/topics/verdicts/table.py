"""The part of results.json for verdicts: every suite's verdict on every variant, and the worst findings."""

from __future__ import annotations

from lab.records.manifest import CellStatus
from lab.records.models import Record
from lab.results.models import Gravity
from lab.results.wrong_answers import Wrongness


class FailedCheck(Record):
    """A check that failed on some of the scenarios it applies to, with the most frequent reason.

    `example` is the first scenario that failed it for that reason.
    """

    check: str
    scenarios: int
    of: int
    exchanges: int
    of_exchanges: int
    why: str
    example: str


class PartlyPassed(Record):
    """A scenario that passes in some repeats only: `passed` of `of`."""

    scenario: str
    passed: int
    of: int


class NotJudged(Record):
    """Scenarios without a verdict for the same reason; to `measured` ones no check applies."""

    status: CellStatus
    reason: str
    scenarios: int
    example: str


class SuiteVerdict(Record):
    """One suite's verdict on one variant, over the suite's valid scenarios.

    If `suite` is empty it is over the scenarios that are judged for all compared variants. Of
    `scenarios`, `judged` have a verdict: `passed` (every repeat passes every check that
    applies), `partly` (some repeats do), and the rest in no repeat. `by_habit` do not pass for the variant's
    one habit alone, see Habit.
    """

    suite: str
    variant: str
    scenarios: int
    judged: int
    passed: int
    partly: tuple[PartlyPassed, ...] = ()
    by_habit: int = 0
    checks: tuple[FailedCheck, ...] = ()
    missing: tuple[NotJudged, ...] = ()

    @property
    def failed(self) -> int:
        """Scenarios that pass in no repeat."""
        return self.judged - self.passed - len(self.partly)


class Finding(Record):
    """What went wrong with one variant over all suites, from one cause.

    Of wrong answers, `wrongness` says what makes them so; each kind of them is a finding of its own. Counts
    are of scenarios, and of exchanges, among those that `check` applies to, which is the gravest of the
    `checks` that the cause fails; wrong answers from a cache are counted among the probes that may be wrong
    so. `control` findings are no gateway's fault.
    """

    kind: Gravity
    wrongness: Wrongness | None = None
    check: str
    checks: tuple[str, ...] = ()
    variant: str
    control: bool
    suites: tuple[str, ...]
    scenarios: int
    of: int
    exchanges: int
    of_exchanges: int
    why: str
    example: str


class Habit(Record):
    """The one thing a variant does for which most of its scenarios fail that fail for nothing else.

    `whys` are its causes, in words, the most frequent first: with one belong those that fail the same check,
    come in at least 90 % with it, and at least a fifth as often. `scenarios` would pass without it; a wrong
    answer is no habit. `example` is the first that shows its most frequent reason.
    """

    variant: str
    check: str
    whys: tuple[str, ...]
    scenarios: int
    example: str


class Verdicts(Record):
    """Every suite's verdict on every variant, and what went wrong, the worst first.

    `together` are the verdicts over the scenarios that are judged for all compared variants. In the suites
    `about_tiers` a verdict is on the tier, so that those of variants that do not route say something else,
    and `together` leaves them out unless all compared variants route. `habits` are those of variants that
    have one. `answers` counts, for each variant,
    the exchanges whose answer could be judged by where it comes from.
    """

    rows: tuple[SuiteVerdict, ...] = ()
    together: tuple[SuiteVerdict, ...] = ()
    about_tiers: tuple[str, ...] = ()
    habits: tuple[Habit, ...] = ()
    findings: tuple[Finding, ...] = ()
