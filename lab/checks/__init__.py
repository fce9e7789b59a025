"""The checks that more than one topic uses; importing this package registers them."""

from lab.checks import answers, requests, claims, expectations  # noqa: I001 - the order of import is the order shown
from lab.checks.registry import Judgement, Registered, check, check_infos, judging, registered

__all__ = [
    "Judgement",
    "Registered",
    "answers",
    "check",
    "check_infos",
    "claims",
    "expectations",
    "judging",
    "registered",
    "requests",
]
