"""LLM Gateway Lab: meters from behind what LLM gateways do to traffic."""

__version__ = "0.1.0"
