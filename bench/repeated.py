"""A run's records again under more repeats, each with ids, markers, nonces and bodies of its own."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import orjson

from lab.records.lines import append_lines, read_lines
from lab.records.store import EXCHANGES, UPSTREAM, RunStore

MARKER = re.compile(rb"labmark-[0-9a-f]{16}")
BODY = re.compile(rb'"([0-9a-f]{64})"')


def repeated(source: RunStore, root: Path, exchanges: int) -> RunStore:
    """A run below `root` of so many exchanges: those of `source`, then the same under new repeats.

    What differs between the repeats of a real run differs here: ids, markers, nonces, and so the bodies that
    hold them. What is the same in a real run, such as requests without a nonce, is the same here.
    """
    manifest = source.manifest()
    asked = [line for _, line in read_lines(source.path / EXCHANGES)]
    records = [orjson.loads(line) for line in asked]
    calls: dict[str | None, list[bytes]] = {}
    for _, line in read_lines(source.path / UPSTREAM):
        calls.setdefault(orjson.loads(line).get("exchange"), []).append(line)
    rounds = -(-exchanges // len(asked))
    store = RunStore.create(root, manifest.model_copy(update={"repeats": manifest.repeats * rounds}))
    made, received = [], list(calls.get(None, ()))
    for number in range(exchanges):
        again, n = divmod(number, len(asked))
        anew = Anew(source, store, records[n], again * manifest.repeats)
        made.append(anew.line(asked[n]))
        received += [anew.line(line) for line in calls.get(records[n]["id"], ())]
    append_lines(store.path / UPSTREAM, b"".join(line + b"\n" for line in received))
    append_lines(store.path / EXCHANGES, b"".join(line + b"\n" for line in made))
    store.write_manifest(store.manifest().model_copy(update=store.counts()))
    return store


class Anew:
    """One exchange some repeats later; no repeat later is the exchange as it is."""

    def __init__(self, source: RunStore, store: RunStore, record: dict[str, Any], later: int) -> None:
        self._source = source
        self._store = store
        self._later = later
        repeat, name, nonce = record["repeat"], record["id"], record.get("nonce", "")
        self._texts = {
            f'"{name}"'.encode(): f'"{name.replace(f"r{repeat}-", f"r{repeat + later}-", 1)}"'.encode(),
            f'"repeat":{repeat},'.encode(): f'"repeat":{repeat + later},'.encode(),
        }
        self._nonce = nonce.encode()

    def line(self, line: bytes) -> bytes:
        """A line of its records, with the bodies it names stored anew."""
        for old, new in self._texts.items():
            line = line.replace(old, new)
        return BODY.sub(self._body, self._own(line))

    def _own(self, data: bytes) -> bytes:
        """Data with other markers and another nonce, of the same lengths."""
        if not self._later:
            return data
        data = MARKER.sub(lambda found: b"labmark-" + self._other(found[0], 16), data)
        return data.replace(self._nonce, self._other(self._nonce, len(self._nonce))) if self._nonce else data

    def _other(self, text: bytes, length: int) -> bytes:
        return hashlib.sha256(b"%d:%s" % (self._later, text)).hexdigest()[:length].encode()

    def _body(self, found: re.Match[bytes]) -> bytes:
        """The name of a body anew; a hash that names no body stays."""
        name = found[1].decode()
        if name not in self._source.bodies:
            return found[0]
        return b'"%s"' % self._store.put_body(self._own(self._source.body(name))).encode()
