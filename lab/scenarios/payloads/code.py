"""Generated source code (Python, TypeScript) and unified diffs."""

from __future__ import annotations

from lab.scenarios.payloads import words
from lab.scenarios.payloads.parts import Piece, Shape, drawing, spread


def _names(seed: str, n: int) -> tuple[str, str, str]:
    """The n-th function, its constant and its setting; none comes twice in a file."""
    function = words.name(seed, n, words.VERBS, words.NOUNS)
    constant = words.name(seed, n, words.SETTINGS, words.NOUNS).upper()
    return function, constant, words.NOUNS[n % len(words.NOUNS)]


def _python(seed: str, n: int, _marked: bool) -> Piece:
    draw = drawing(seed, "python", n)
    function, constant, noun = _names(seed, n)
    limit, pause = spread(seed, n, 1_000, 9_973, 613), spread(seed, n, 10_000, 99_991, 5_437)
    error = f"E{spread(seed, n, 10_000, 99_991, 7_481)}"
    other = draw.choice(words.VERBS)
    text = (
        f"{constant} = {limit}\n\n\n"
        f"def {function}(batch: Sequence[Row], pause_us: int = {pause}) -> int:\n"
        f'    """{other.capitalize()} a batch of {noun} rows and say how many were taken."""\n'
        f"    taken = 0\n"
        f"    for row in batch:\n"
        f"        if row.age > {constant}:\n"
        f'            raise StaleRow("{error}", row.key)\n'
        f"        taken += {draw.choice(('store', 'outbox', 'ledger'))}.put(row, pause_us)\n"
        f"    return taken\n\n"
    )
    return Piece(text, ((constant, str(limit)), (function, str(pause)), (error,)))


def _camel(snake: str) -> str:
    first, *rest = snake.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _typescript(seed: str, n: int, _marked: bool) -> Piece:
    draw = drawing(seed, "typescript", n)
    function, constant, noun = _names(seed, n)
    function = _camel(function)
    limit, pause = spread(seed, n, 1_000, 9_973, 631), spread(seed, n, 10_000, 99_991, 5_483)
    error = f"E{spread(seed, n, 10_000, 99_991, 7_507)}"
    text = (
        f"export const {constant} = {limit};\n\n"
        f"/** {draw.choice(words.VERBS).capitalize()}s the rows of one {noun} and counts what was taken. */\n"
        f"export async function {function}(rows: Row[], pauseUs = {pause}): Promise<number> {{\n"
        f"  let taken = 0;\n"
        f"  for (const row of rows) {{\n"
        f"    if (row.age > {constant}) {{\n"
        f'      throw new StaleRow("{error}", row.key);\n'
        f"    }}\n"
        f"    taken += await {draw.choice(('store', 'outbox', 'ledger'))}.put(row, pauseUs);\n"
        f"  }}\n"
        f"  return taken;\n"
        f"}}\n"
    )
    return Piece(text, ((constant, str(limit)), (function, str(pause)), (error,)))


_HUNKS = (1, 2, 4, 1, 3)
_CHANGES = (1, 2, 1, 3, 6)
_WIDEST = 32  # changes of one file at most; keeps names apart


def _diff(seed: str, n: int, _marked: bool) -> Piece:
    """The changes to one file; most are small, in some more than twenty lines change."""
    draw = drawing(seed, "diff", n)
    file = words.path(seed, n)
    lines = [
        f"diff --git a/{file} b/{file}",
        f"index {draw.getrandbits(28):07x}..{draw.getrandbits(28):07x} 100644",
        f"--- a/{file}",
        f"+++ b/{file}",
    ]
    facts: list[tuple[str, ...]] = []
    at = draw.randrange(8, 60)
    for hunk in range(_HUNKS[n % len(_HUNKS)]):
        changes = _CHANGES[(n + hunk * 2) % len(_CHANGES)]
        noun = draw.choice(words.NOUNS)
        lines.append(f"@@ -{at},{changes + 4} +{at},{changes + 4} @@ class {noun.capitalize()}Config:")
        lines += [f"     # read by {draw.choice(words.SERVICES)}", f"     enabled_{noun}: bool = True"]
        for change in range(changes):
            index = n * _WIDEST + hunk * max(_CHANGES) + change
            name = words.name(seed, index, words.NOUNS, words.SETTINGS)
            old, new = (str(spread(seed, 2 * index + side, 10_000, 99_991, 7_207)) for side in (0, 1))
            lines += [f"-    {name}: int = {old}", f"+    {name}: int = {new}"]
            facts += [(name, old), (name, new)]
        lines += [f"     strict_{noun}: bool = {draw.choice(('True', 'False'))}", ""]
        at += draw.randrange(30, 120)
    return Piece("\n".join(line or " " for line in lines), tuple(facts))


CODE_PYTHON = Shape(
    "code",
    _python,
    head='"""Rules of the freight desk: what is taken, what is refused, and how long it may wait."""\n\n'
    "from collections.abc import Sequence\n\nfrom freight.rows import Row, StaleRow\n"
    "from freight.sinks import ledger, outbox, store\n\n",
)
CODE_TYPESCRIPT = Shape(
    "code",
    _typescript,
    head='import { Row, StaleRow } from "../rows";\nimport { ledger, outbox, store } from "../sinks";\n\n',
)
DIFF = Shape("diffs", _diff)
