"""Scenarios from YAML and fixtures, and the requests they become."""

from lab.suite.loading import load_suite
from lab.suite.request import build_request, unsupported_on

__all__ = ["build_request", "load_suite", "unsupported_on"]
