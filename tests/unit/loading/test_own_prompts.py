"""A folder of the user's own prompts becomes a suite; what is wrong with it is said by file and key."""

from __future__ import annotations

UNIVERSAL = {
    *("answered", "provenance", "answer_text_kept", "request_accepted", "no_duplicate_calls"),
    *("usage_honest", "output_usage_honest"),
}
