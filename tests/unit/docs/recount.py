"""Counts the figures of a run again from its files alone, by what docs/data-format.md says of them.

Nothing of the lab is imported here: what this page's rules do not say, this file cannot know.
"""

from __future__ import annotations

import json
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import toktok
import zstandard

Json = dict[str, Any]
Parts = tuple[int, int, int]
SYSTEM = frozenset({"system", "developer"})
COUNT_NOTHING = {"image", "image_url", "input_image", "input_file", "file", "document", "redacted_thinking"}
KINDS = {"anthropic": "messages", "openai": "chat"}
SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"


# Tokens


@lru_cache(maxsize=4096)
def tokens(text: str) -> int:
    """Tokens of one text, counted by itself; special tokens are plain text."""
    return int(toktok.batch_count([text], "o200k_base", threads=1)[0]) if text else 0


def spelled(value: Any) -> str:
    """JSON without white space, keys sorted, whole floats as integers."""

    def whole(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: whole(item) for key, item in one.items()}
        if isinstance(one, list):
            return [whole(item) for item in one]
        return int(one) if isinstance(one, float) and one.is_integer() else one

    return json.dumps(whole(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def arguments(value: Any) -> str:
    """Arguments of a tool call: an object, or a text that is respelled if it is JSON."""
    if not isinstance(value, str):
        return "" if value is None else spelled(value)
    try:
        return spelled(json.loads(value))
    except ValueError:
        return value


def texts_of(content: Any) -> Iterator[str]:
    """The counted texts of a content: a string, or blocks of any wire."""
    if isinstance(content, str):
        yield content
    for block in content if isinstance(content, list) else ():
        kind = block.get("type", "")
        if kind in {"text", "input_text", "output_text", "summary_text"}:
            yield block["text"]
        elif kind in {"tool_use", "server_tool_use", "mcp_tool_use"}:
            yield block["name"]
            yield arguments(block["input"])
        elif kind.endswith("tool_result"):
            yield "\n".join(texts_of(block.get("content")))
        elif kind == "thinking":
            yield block["thinking"]
        elif kind == "document" and block["source"]["type"] == "text":
            yield block["source"]["data"]
        elif kind not in COUNT_NOTHING:
            yield spelled(block)


def texts_said(item: Json) -> Iterator[str]:
    """The counted texts of one message, or of one item of the Responses API."""
    yield from (item[key] for key in ("reasoning_content", "thinking") if isinstance(item.get(key), str))
    match item.get("type"):
        case "function_call":
            yield item["name"]
            yield arguments(item["arguments"])
        case "function_call_output":
            yield "\n".join(texts_of(item["output"]))
        case "reasoning":
            yield from texts_of(item.get("summary"))
        case _ if item.get("role") == "tool":
            yield "\n".join(texts_of(item["content"]))
        case _:
            yield from texts_of(item.get("content"))
    for call in item.get("tool_calls") or ():
        yield call["function"]["name"]
        yield arguments(call["function"]["arguments"])


def tool_texts(tool: Json) -> Iterator[str]:
    """Name, description and schema of a tool of any wire."""
    inner: Json = tool.get("function") or tool.get("custom") or tool
    yield inner.get("name") or tool.get("type") or ""
    yield inner.get("description") or ""
    schema = inner.get("input_schema", inner.get("parameters"))
    yield spelled(schema) if isinstance(schema, dict) else ""


def count_request(kind: str, body: Json) -> Parts:
    """Tokens of a request: system texts, messages, tools."""
    if kind == "embeddings":
        given: Any = body.get("input", body.get("prompt"))
        return 0, sum(tokens(text) for text in ([given] if isinstance(given, str) else given)), 0
    said: Any = body.get("messages", body.get("input"))
    items: list[Json] = [{"role": "user", "content": said}] if isinstance(said, str) else said
    system = [*texts_of(body.get("system", body.get("instructions")))]
    system += [
        text for item in items if item.get("role") in {"system", "developer"} for text in texts_said(item)
    ]
    rest = [item for item in items if item.get("role") not in {"system", "developer"}]
    return (
        sum(map(tokens, system)),
        sum(tokens(text) for item in rest for text in texts_said(item)),
        sum(tokens(text) for tool in body.get("tools") or () for text in tool_texts(tool)),
    )


def count_answer(text: str, calls: Iterable[Json]) -> int:
    """Tokens of an answer: its text, and names and arguments of its tool calls."""
    return tokens(text) + sum(tokens(call["name"]) + tokens(arguments(call["input"])) for call in calls)


# Files


def read_body(run: Path, sha: str) -> bytes:
    """A stored body; with the next one the only function that knows how bodies are kept."""
    loose = run / "bodies" / sha
    return loose.read_bytes() if loose.exists() else packed_bodies(run)[sha]


@lru_cache(maxsize=1)
def packed_bodies(run: Path) -> dict[str, bytes]:
    """All bodies of a run in which they are one file."""
    found = {}
    with (
        (run / "bodies.tar.zst").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as unpacked,
        tarfile.open(fileobj=unpacked, mode="r|") as tar,
    ):
        for entry in tar:
            body = tar.extractfile(entry)
            if body is not None:
                found[Path(entry.name).name] = body.read()
    return found


def filled(value: Any, schema: Json, root: Json) -> Any:
    """A value of a record with the defaults of all fields that it leaves out."""
    schema = root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, list) and "items" in schema:
        return [filled(one, schema["items"], root) for one in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    fields: Json = schema["properties"]
    left_out = {name: one["default"] for name, one in fields.items() if "default" in one}
    return {name: filled(one, fields.get(name, {}), root) for name, one in (left_out | value).items()}


@dataclass(frozen=True)
class Run:
    """The files of a run that figures are counted from."""

    path: Path

    @cached_property
    def manifest(self) -> Json:
        """manifest.json."""
        found: Json = json.loads((self.path / "manifest.json").read_bytes())
        return found

    def lines(self, name: str, schema: str) -> list[Json]:
        """The records of a JSON Lines file, with what its schema says of fields that are not there."""
        root = json.loads((SCHEMAS / schema).read_bytes())
        return [filled(json.loads(line), root, root) for line in (self.path / name).read_bytes().splitlines()]

    @cached_property
    def exchanges(self) -> list[Json]:
        """exchanges.jsonl."""
        return self.lines("exchanges.jsonl", "exchange.json")

    @cached_property
    def calls(self) -> dict[str | None, list[Json]]:
        """upstream.jsonl by exchange, in order of arrival."""
        found: dict[str | None, list[Json]] = defaultdict(list)
        lines = self.lines("upstream.jsonl", "upstream-call.json")
        for call in sorted(lines, key=lambda call: (call["received_at"], call["n"])):
            found[call["exchange"]].append(call)
        return found

    def body(self, sha: str) -> Any:
        """A stored body as JSON."""
        return json.loads(read_body(self.path, sha))

    def text(self, sha: str | None) -> str:
        """A stored text; empty where a record names none."""
        return read_body(self.path, sha).decode() if sha else ""


# One exchange


@dataclass(frozen=True)
class Seen:
    """One exchange in figures; costs in USD, times in ms."""

    record: Json
    calls: list[Json]
    sent: Parts
    forwarded: Parts
    out: int | None
    as_routed: float
    same_model: float
    own_ms: float | None
    origin: str

    @property
    def chat(self) -> list[Json]:
        """Its upstream chat calls."""
        return [call for call in self.calls if call["kind"] == "chat"]

    @property
    def done(self) -> bool:
        """Whether it completed."""
        return bool(self.record["status"] == "completed")


def look(run: Run, record: Json, origin: str) -> Seen:
    """Count one exchange from its bodies."""
    calls = run.calls[record["id"]]
    chat = [call for call in calls if call["kind"] == "chat"]
    bodies = [count_request(call["wire"], run.body(call["request"])) for call in chat]
    routed, same = costs(run, chat, [sum(parts) for parts in bodies])
    answer = record["answer"]
    return Seen(
        record,
        calls,
        sent=count_request(KINDS[record["wire"]], run.body(record["request"])),
        forwarded=(sum(b[0] for b in bodies), sum(b[1] for b in bodies), sum(b[2] for b in bodies)),
        out=count_answer(run.text(answer["text_sha"]), answer["tool_calls"])
        if record["status"] == "completed"
        else None,
        as_routed=routed,
        same_model=same,
        own_ms=own_time(record, chat),
        origin=origin,
    )


def costs(run: Run, chat: list[Json], sizes: list[int]) -> tuple[float, float]:
    """USD as routed and at one model's price; what a provider rejects costs nothing."""
    manifest = run.manifest
    prices = manifest.get("named_prices", {}) | {manifest["default_model"]: manifest["default_model_price"]}
    prices |= {tier["model"]: tier["price"] for tier in manifest["tiers"].values()}
    routed = same = 0.0
    for call, size in zip(chat, sizes, strict=True):
        if call["status"] < 400:
            out = count_answer(run.text(call["answer_text_sha"]), call["answer_tool_calls"])
            price, one = prices[call["model"]], manifest["same_model_price"]
            routed += (float(price["input"]) * size + float(price["output"]) * out) / 1e6
            same += (float(one["input"]) * size + float(one["output"]) * out) / 1e6
    return routed, same


def own_time(record: Json, chat: list[Json]) -> float | None:
    """The only attempt's latency without the time in which the meter answered (calls one after another)."""
    if len(record["attempts"]) != 1:
        return None
    latency: float = record["attempts"][0]["latency_ms"]
    return latency - sum(float(call["duration_ms"]) for call in chat)
