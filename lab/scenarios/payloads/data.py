"""Generated JSON and CSV: search matches, API objects, tables of figures, shipments."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from lab.scenarios.payloads import words
from lab.scenarios.payloads.parts import Piece, Shape, drawing, spread

# So many matches a file has, in turn: most few, some more than a reader wants to see.
_MATCHES = (3, 1, 2, 14, 1, 5, 2, 1, 11, 4)
_LINES = 23  # from one match of a file to the next there are twice as many, on average
_TODO = (
    "TODO drop the {thing} fallback after {ticket}",
    "FIXME {thing} is rounded twice here, see {ticket}",
    "TODO move this check into the {thing} store ({ticket})",
    "HACK the {thing} feed sends empty rows on Sundays, {ticket}",
    "TODO ask finance whether {thing} may be negative ({ticket})",
    "FIXME race with the {thing} worker, reproduced in {ticket}",
    "XXX {thing} limits are copied from the old system, {ticket}",
    "TODO replace the {thing} regex by the parser ({ticket})",
    "FIXME this swallows the {thing} error, {ticket}",
    "TODO {thing} needs a migration before {ticket} can close",
)


def match(seed: str, n: int) -> tuple[str, int, str]:
    """The n-th search match: file, line and text; matches of a file follow each other, as in real output."""
    turn, rest = divmod(n, sum(_MATCHES))
    file, before = turn * len(_MATCHES), 0
    for size in _MATCHES:
        if rest < before + size:
            break
        before += size
        file += 1
    draw = drawing(seed, "match", n)
    before_it = (rest - before) * _LINES + draw.randrange(_LINES - 2) + spread(seed, file, 0, 109, 37)
    line = 2 * (6 + before_it) + file % 2  # so no match has the line number of the next file's first one
    ticket = f"HBL-{spread(seed, n, 10_000, 99_991, 7_919)}"
    text = draw.choice(_TODO).format(thing=draw.choice(words.NOUNS), ticket=ticket)
    return words.path(seed, file), line, text


def _row(fields: Any, *facts: tuple[Any, ...]) -> Piece:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return Piece(text, tuple(tuple(str(part) for part in fact) for fact in facts))


def _search(seed: str, n: int, _marked: bool) -> Piece:
    file, line, text = match(seed, n)
    column = drawing(seed, "column", n).choice((3, 5, 7, 9))
    return _row({"file": file, "line": line, "column": column, "match": text}, (file, line, text))


def _deployment(seed: str, n: int, _marked: bool) -> Piece:
    draw = drawing(seed, "deployment", n)
    key = f"dep_{words.code(draw, 4)}{spread(seed, n, 10_000, 99_991, 7_717)}"
    version = f"{draw.randrange(2, 9)}.{draw.randrange(40)}.{spread(seed, n, 100, 4_099, 1_201)}"
    revision = f"rev-{spread(seed, n, 10_000, 99_991, 6_151)}"
    who, change = words.person(seed, n), f"CHG-{spread(seed, n, 10_000, 99_991, 6_521)}"
    wanted = draw.choice((2, 3, 4, 6, 8, 12))
    fields = {
        "id": key,
        "version": version,
        "rollout": {"revision": revision, "desired": wanted, "ready": draw.randrange(wanted + 1)},
        "state": draw.choice(("live", "live", "live", "rolled_back", "paused", "failed")),
        "target": {"service": draw.choice(words.SERVICES), "region": draw.choice(words.REGIONS)},
        "request": {"by": who, "change": change, "via": draw.choice(("ci", "cli", "api"))},
    }
    return _row(fields, (key, version, revision), (who, change))


def _decimal(draw: Random, whole: int) -> str:
    """A number with two decimals that no JSON writer shortens."""
    return f"{whole}.{draw.randrange(10)}{draw.randrange(1, 10)}"


def _sample(seed: str, n: int, _marked: bool) -> Piece:
    draw = drawing(seed, "sample", n)
    at = f"{words.date(n // 1440)}T{n // 60 % 24:02d}:{n % 60:02d}:00Z"
    node = f"{draw.choice(('web', 'job', 'edge'))}-{draw.choice(('eu', 'uk', 'me'))}-{draw.randrange(10, 60)}"
    requests = spread(seed, n, 100_000, 999_983, 71_993)
    row = [
        at,
        node,
        requests,
        float(_decimal(draw, draw.randrange(3, 97))),
        float(_decimal(draw, draw.randrange(20, 900))),
        draw.randrange(40),
    ]
    return _row(row, (at, node, requests))


def _shipment(seed: str, n: int, _marked: bool) -> Piece:
    draw = drawing(seed, "shipment", n)
    key = f"SHP-{spread(seed, n, 100_000, 999_983, 61_987)}"
    sku = f"{draw.choice(words.NOUNS)[:3].upper()}-{spread(seed, n, 10_000, 99_991, 5_077)}"
    charge = _decimal(draw, spread(seed, n, 1_000, 99_991, 8_221))
    origin, target = draw.sample(words.PORTS, 2)
    fields = (
        key,
        words.date(draw.randrange(336)),
        origin,
        target,
        sku,
        str(draw.randrange(1, 90)),
        str(draw.randrange(100, 900)),
        charge,
    )
    return Piece(",".join(fields), ((key, sku, charge),))


JSON_SEARCH = Shape("JSON", _search, head='{"query":"TODO|FIXME|HACK|XXX","matches":[', joint=",", tail="]}")
JSON_API = Shape("JSON", _deployment, head='{"object":"list","data":[', joint=",", tail='],"has_more":false}')
JSON_TABLE = Shape(
    "JSON",
    _sample,
    head='{"columns":["minute","node","requests","cpu_percent","p95_ms","errors"],"rows":[',
    joint=",",
    tail="]}",
)
CSV = Shape(
    "CSV",
    _shipment,
    head="shipment,booked_on,origin,destination,sku,pieces,weight_kg,charge_eur\n",
    tail="\n",
)
