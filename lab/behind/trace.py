"""Ollama's trace log (OLLAMA_DEBUG=2): the prompt of each call, and how much of it the model read.

The messages were seen in the logs of Ollama 0.17.4 and 0.24.0: "completion request" holds the prompt,
"truncating input prompt" says what the runner cut from it, "loading cache slot" how many tokens it then
reads, and the web server's own line ends the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

MAX_LINE = 64_000_000
_FIELD = re.compile(r'([\w. ]+)=("(?:[^"\\]|\\.)*"|\S*)')
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)")
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_BEGIN = re.compile(r"\[GIN\] |time=\d{4}-")
_ENDED = re.compile(r'^\[GIN\] .*?\|\s*(\d{3}) \|.*\|\s*(\w+)\s+"([^"]*)"')
# Where a model is asked for text; calls of other paths have no prompt.
_GENERATING = re.compile(r"/(api/chat|api/generate|v1/(chat/)?completions|v1/responses|v1/messages)\b")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as the log has it; of `tokens_whole`, `tokens` were read: the first `keep`, and the end.

    `form` is what the answer is held to (empty: nothing).
    """

    text: str
    images: int | None = None
    tokens: int | None = None
    tokens_whole: int | None = None
    keep: int | None = None
    limit: int | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A call that has ended: its path, its HTTP status, and the prompts that the model was given for it."""

    path: str
    status: int
    prompts: tuple[Prompt, ...]


class TraceReader:
    """Reads a growing log, piece by piece, into the calls that it tells of."""

    def __init__(self) -> None:
        self._rest = b""
        self._prompts: list[Prompt] = []
        self._images: int | None = None
        self._form: str | None = None
        self.context: int | None = None

    def feed(self, piece: bytes) -> list[Served]:
        """The calls that end in this piece; the start of a line is kept for the next one."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > MAX_LINE:
            self._rest = b""
        return list(self._ended(line.decode("utf-8", "replace") for line in lines))

    def forget(self) -> None:
        """Prompts of calls that have not ended belong to nothing that follows."""
        self._prompts.clear()

    def _ended(self, lines: Iterator[str]) -> Iterator[Served]:
        for raw in lines:
            begun = _BEGIN.search(raw)  # what a library prints without a line's end stands before it
            line = raw[begun.start() :] if begun else ""
            if line.startswith("[GIN]"):
                ended = _ENDED.match(line)
                if ended and ended[2] == "POST" and _GENERATING.search(ended[3]):
                    yield Served(ended[3], int(ended[1]), tuple(self._prompts))
                    self._prompts.clear()
            elif line:
                self._note(line)

    def _note(self, line: str) -> None:
        if 'msg="completion request"' in line:
            fields = fields_of(line)
            if fields.get("level") == "TRACE":
                self._prompts.append(Prompt(fields.get("prompt", ""), self._images, form=self._form))
            else:
                self._images, self._form = _number(fields.get("images")), fields.get("format")
        elif 'msg="finished setting up"' in line:
            self.context = _number(fields_of(line).get("runner.num_ctx"))
        elif not self._prompts:
            return
        elif 'msg="truncating input prompt"' in line:
            fields = fields_of(line)
            self._prompts[-1] = replace(
                self._prompts[-1],
                tokens=_number(fields.get("new")),
                tokens_whole=_number(fields.get("prompt")),
                keep=_number(fields.get("keep")),
                limit=_number(fields.get("limit")),
            )
        elif 'msg="loading cache slot"' in line:
            read = _number(fields_of(line).get("prompt"))
            whole = self._prompts[-1].tokens_whole
            self._prompts[-1] = replace(self._prompts[-1], tokens=read, tokens_whole=whole or read)


def fields_of(line: str) -> dict[str, str]:
    """The fields of a line of Go's text log, quoted values as what they stand for."""
    return {name.strip(): _unquoted(value) for name, value in _FIELD.findall(line)}


def _unquoted(value: str) -> str:
    if len(value) < 2 or not value.startswith('"'):
        return value
    return _ESCAPE.sub(_meant, value[1:-1])


def _meant(escape: re.Match[str]) -> str:
    code = escape[1]
    if code[0] in "uU":
        return chr(int(code[1:], 16))
    if code[0] == "x" or len(code) == 3:
        return "\N{REPLACEMENT CHARACTER}"  # Go writes so the bytes that are no UTF-8
    return _PLAIN.get(code, code)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
