"""Variable interpolation as the Compose specification describes it, strict about unset variables."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":-|:\?|:\+|-|\?|\+")


class InterpolationError(ValueError):
    """A text cannot be interpolated; `next_step` says what to do about it."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.next_step = next_step


def interpolate(text: str, env: Mapping[str, str], keep: Collection[str] = ()) -> str:
    """Fill `$VAR`, `${VAR}` and its `:-`, `-`, `:?`, `?`, `:+`, `+` forms; names in `keep` stay as written.

    An unset variable without a default raises InterpolationError: an empty text put in its place
    unseen would start a system other than the one described.
    """
    if "$" not in text:
        return text
    out: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        out.append(text[at:dollar])
        value, at = _reference(text, dollar, env, keep)
        out.append(value)
    return "".join([*out, text[at:]])


def _reference(text: str, dollar: int, env: Mapping[str, str], keep: Collection[str]) -> tuple[str, int]:
    if text.startswith("$$", dollar):
        return "$", dollar + 2
    if bare := _NAME.match(text, dollar + 1):
        return _plain(bare.group(), env, keep), bare.end()
    name = _NAME.match(text, dollar + 2) if text.startswith("${", dollar) else None
    if name is None:
        raise _malformed(text, dollar)
    end = _closing(text, dollar)
    rest = text[name.end() : end]
    if not rest:
        return _plain(name.group(), env, keep), end + 1
    operator = _OPERATOR.match(rest)
    if operator is None:
        raise _malformed(text, dollar)
    if name.group() in keep:
        return text[dollar : end + 1], end + 1
    operand = rest[operator.end() :]
    return _with_operator(name.group(), operator.group(), operand, env, keep), end + 1


def _plain(name: str, env: Mapping[str, str], keep: Collection[str]) -> str:
    if name in keep:
        return f"${{{name}}}"
    if name not in env:
        raise InterpolationError(
            f"variable {name} is not set and has no default",
            f"set {name} in the environment, or write ${{{name}:-default}} in the file",
        )
    return env[name]


def _with_operator(name: str, op: str, operand: str, env: Mapping[str, str], keep: Collection[str]) -> str:
    """The variable's value or what its default, required or alternative form puts in its place."""
    usable = bool(env.get(name)) if op.startswith(":") else name in env
    if op.endswith("+"):
        return interpolate(operand, env, keep) if usable else ""
    if usable:
        return env[name]
    text = interpolate(operand, env, keep)
    if op.endswith("-"):
        return text
    state = "is empty" if name in env else "is not set"
    raise InterpolationError(
        f"required variable {name} {state}{f': {text}' if text else ''}", f"set {name} in the environment"
    )


def _closing(text: str, dollar: int) -> int:
    """Where the brace that opens at `dollar` closes, counting the references nested in its default."""
    depth = 0
    at = dollar
    while at < len(text):
        if text.startswith("$$", at):
            at += 2
        elif text.startswith("${", at):
            depth += 1
            at += 2
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at
            at += 1
        else:
            at += 1
    raise _malformed(text, dollar)


def _malformed(text: str, dollar: int) -> InterpolationError:
    return InterpolationError(
        f"not a valid variable reference: {text[dollar : dollar + 40]!r}",
        "write ${NAME}, ${NAME:-default} or ${NAME:?message}; a dollar sign itself is written $$",
    )
