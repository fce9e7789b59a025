"""Undoes aliases: short names that a text gives to long values, and explains itself.

An alias counts if its definition stands in the same text, on a line or as a JSON member of its own, as
alias, sign (`=`, `:`, `->`) and value; if it is defined once; and if it begins with a sign or stands
in brackets, so that no ordinary word is taken for one. A name that nothing in the text explains stays as it
is: a model cannot resolve it either.
"""

from __future__ import annotations

import re
from typing import Final

_ALIAS: Final = r"[$@&%~§#^][A-Za-z0-9_]{1,16}|<[A-Za-z0-9_]{1,16}>|\[[A-Za-z0-9_]{1,16}\]"
_LINE = re.compile(
    rf"""^[ \t>*-]*["'`]?(?P<alias>{_ALIAS})["'`]?[ \t]*(?:=>|->|→|:=|=|:)[ \t]*"""
    r"""["'`]?(?P<value>[^\n"'`]{2,400}?)["'`]?,?[ \t]*$""",
    re.MULTILINE,
)
_MEMBER = re.compile(rf'"(?P<alias>{_ALIAS})"\s*:\s*"(?P<value>[^"\n]{{2,400}})"')
_MOST: Final = 500


def undone(plain: str, text: str) -> str | None:
    """`text` with aliases replaced by what they stand for; None if it explains none.

    Definitions are looked for in `plain`, the same text without JSON's escapes.
    """
    meanings = _meanings(plain)
    if not meanings:
        return None
    names = "|".join(re.escape(alias) for alias in sorted(meanings, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda match: meanings[match[0]], text)


def _meanings(plain: str) -> dict[str, str]:
    """What each alias stands for, if it is defined once; an alias may not stand for another."""
    found: dict[str, set[str]] = {}
    for pattern in (_LINE, _MEMBER):
        for match in pattern.finditer(plain):
            found.setdefault(match["alias"], set()).add(match["value"].strip())
            if len(found) > _MOST:
                return {}
    return {alias: next(iter(values)) for alias, values in found.items() if len(values) == 1}
