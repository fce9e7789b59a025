"""docs/provider-rules.md: the rules by which the meter refuses, from the table in lab/meter/rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lab.meter.rules import PROVIDERS, RULES, Rule
from lab.meter.rules.betas import KNOWN, LISTED_UNTIL

_HEAD: Final = Path(__file__).parents[1] / "docs" / "templates" / "provider-rules.md"
_PATHS: Final = {"messages": "/v1/messages", "chat": "/v1/chat/completions", "responses": "/v1/responses"}


def page() -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD.read_text("utf-8"), *_wires(), *_betas()])


def _wires() -> Iterator[str]:
    for wire, provider in PROVIDERS.items():
        yield f"## {provider}: POST {_PATHS[wire]}\n"
        yield "| rule | refused | models | for example, in the provider's words | source | date |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(one) for one in RULES if one.wire == wire)
        yield ""


def _row(one: Rule) -> str:
    says = one.illegal[0].says
    shown = says if len(says) <= _LONGEST else f"{says[:_LONGEST].rstrip()} …"
    unsure = "" if one.sure else " *wording not verified*"
    cells = (f"`{one.id}`", one.what, one.models, f"{_code(shown)}{unsure}", _link(one.source), one.date)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_LONGEST: Final = 160


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _link(address: str) -> str:
    return f"[{address.removeprefix('https://').partition('/')[0]}]({address})"


def _betas() -> Iterator[str]:
    yield "## Values of anthropic-beta\n"
    yield (
        "A beta that is asked for makes its fields known; any other value is refused, but for betas dated "
        "after "
        f"{LISTED_UNTIL.isoformat()}, of which this list cannot know. These are known:\n"
    )
    yield ", ".join(f"`{one}`" for one in sorted(KNOWN)) + ".\n"
