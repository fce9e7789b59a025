"""Measures the lab itself; a benchmark, not a timed test."""
