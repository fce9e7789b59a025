"""Finds declared facts in forwarded text, whatever encodes it."""
