"""Formats figures the same way everywhere: tokens, shares, percent, USD and milliseconds."""

from __future__ import annotations

from decimal import Decimal

Number = int | float | Decimal
MINUS = "\u2212"


def _size(value: Number) -> Number:
    return -value if value < 0 else value


def _signed(text: str, value: Number) -> str:
    return f"{MINUS}{text}" if value < 0 else f"+{text}" if value > 0 else text


def tokens(value: Number) -> str:
    """A number of tokens or calls, whole where it is whole, else with one decimal: `1,234` or `56.5`."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def percent(value: Number) -> str:
    """A change in percent with its sign: `+12.3%`, `\N{MINUS SIGN}87.6%`, `0%`; tiny changes stay visible."""
    size = _size(value)
    if size == 0:
        return "0%"
    if size < 0.05:
        return _signed("<0.1%", value)
    return _signed(f"{size:,.0f}%" if size >= 100 else f"{size:,.1f}%", value)


def change(now: Number, before: Number) -> float | None:
    """How much `now` differs from `before`, in percent; None where `before` is 0 and no ratio exists."""
    if before == 0:
        return 0.0 if now == 0 else None
    return (float(now) - float(before)) / float(before) * 100


def usd(value: Number) -> str:
    """A cost in USD with six decimals, as exchanges cost fractions of a cent; `<0.000001` is not 0."""
    return _amount(value, 6)


def signed_usd(value: Number) -> str:
    """A difference in USD with its sign."""
    return f"{'+' if value > 0 else ''}{usd(value)}"


def usd_round(value: Number) -> str:
    """An amount in USD with cents, for months and years; amounts under a cent say so."""
    return _amount(value, 2)


def _amount(value: Number, digits: int) -> str:
    least, sign = Decimal(1).scaleb(-digits), MINUS if value < 0 else ""
    if value != 0 and _size(value) < least / 2:
        return f"{sign}<{least}"
    return f"{sign}{_size(value):,.{digits}f}"


def signed_usd_round(value: Number) -> str:
    """A difference in USD with cents and its sign."""
    return _signed(usd_round(_size(value)), value)


def ms(value: Number) -> str:
    """A time in milliseconds with three significant digits: `0.84`, `12.3`, `1,204`."""
    size = _size(value)
    digits = 2 if size < 10 else 1 if size < 100 else 0
    return f"{MINUS if value < 0 else ''}{size:,.{digits}f}"


def signed_ms(value: Number) -> str:
    """A time difference in milliseconds with its sign."""
    return _signed(ms(_size(value)), value)


def portion(value: float) -> str:
    """A share of 0 to 1 as percent without a sign: `51.0%`."""
    return f"{value * 100:.1f}%"


def counted(number: Number, one: str, many: str = "") -> str:
    """How many there are of something, in words: `1 scenario`, `1,234 scenarios`."""
    return f"{tokens(number)} {one if number == 1 else many or f'{one}s'}"


def share(part: int, whole: int) -> str:
    """`k of n`, the way counts of checks, facts and tools are shown."""
    return f"{part:,} of {whole:,}"


def size(count: int) -> str:
    """A number of bytes for people: `512 B`, `1.2 KB`, `10.0 MB` (1 KB = 1,000 B)."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.1f} KB"
    return f"{count / 1_000_000:.1f} MB"
