"""What became of an answer's text on its way from the provider to the client, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from lab.exchange.quoting import both, quoted


def text_change(given: str, got: str, beside: str = "") -> str:
    """How the client's text differs from the provider's, white space at the ends apart; empty if it does not.

    `beside` says what else the provider's answer holds, such as ` beside the tool call`.
    """
    before, after = given.strip(), got.strip()
    if before == after:
        return ""
    if not after:
        return f"the text{beside} was dropped ({_count(before)}): {quoted(before)}"
    if not before:
        return f"the provider's answer has no text, and {_were(after)} added: {quoted(after)}"
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    lost, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if not lost:
        where = "inserted" if head and tail else "put before it" if tail else "appended"
        return f"{_were(new)} {where}: {quoted(new.strip())}"
    if not new:
        where = "within the text" if head and tail else "at its beginning" if tail else "at its end"
        return f"{_were(lost)} cut {where}, of {len(before):,}: {quoted(lost.strip())}"
    whole = "changed" if head or tail else "replaced"
    was, became = both(before, after)
    return f"the text was {whole}: {was} arrived as {became}"


def in_blocks(texts: Sequence[str], arrived: str) -> bool:
    """Whether several blocks of text arrived whole and in order, with only white space between them."""
    rest = arrived
    for text in map(str.strip, texts):
        rest = rest.lstrip()
        if not rest.startswith(text):
            return False
        rest = rest[len(text) :]
    return len(texts) > 1 and not rest.strip()


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _count(text: str) -> str:
    return f"{len(text):,} character{'' if len(text) == 1 else 's'}"


def _were(text: str) -> str:
    return f"{_count(text)} {'was' if len(text) == 1 else 'were'}"
