"""The meter as a raw ASGI application: records, validates, answers or forwards every call."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from typing import Any

from lab.meter import routes
from lab.meter.answers import compose
from lab.meter.config import MeterConfig, Target
from lab.meter.control import PREFIX, AskUpstream, control
from lab.meter.embeddings import Embedder
from lab.meter.forwarding import Forwarder
from lab.meter.models import no_model
from lab.meter.prepared import Preparer
from lab.meter.recording import Call, Recorder
from lab.meter.refusal import Refusal
from lab.meter.replies import Asked, Reply, Stream, json_reply
from lab.meter.routes import Route
from lab.meter.scripted import reply_to
from lab.meter.transfer import ClientGone, Message, Receive, Send, Transfer
from lab.meter.wire import TextWire

_MIB = 1024 * 1024
_BIG_BODY = 256 * 1024  # parsed and counted in a thread, so that others' calls go on meanwhile
_GONE = 499  # a client that left before an answer; no status was sent


class Meter:
    """The application; one instance holds the recording of one run."""

    def __init__(self, config: MeterConfig) -> None:
        self._config = config
        self._recorder = Recorder(config.max_recorded_mb * _MIB)
        self._preparer = Preparer(config.forward, config.forward_for)
        self._embedder = Embedder()
        self._forwarder: Forwarder | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one HTTP request; other kinds of connections are closed."""
        if scope["type"] != "http":
            return
        transfer = Transfer(receive, send, self._config.max_body_mb * _MIB)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        path: str = scope["path"]
        query = scope["query_string"].decode("latin-1")
        if path.startswith(PREFIX):
            await self._control(transfer, scope["method"], path, query, headers)
        else:
            caller, path = split_caller(path)
            asked = Asked(scope["method"], path, query, headers, received=time.perf_counter())
            await self._record(transfer, caller, asked, scope["headers"])

    async def _control(
        self, transfer: Transfer, method: str, path: str, query: str, headers: dict[str, str]
    ) -> None:
        try:
            raw = await transfer.body()
            token = self._config.token
            reply = await control(self._recorder, token, method, path, query, headers, raw, self._ask)
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.message.encode())
        except ClientGone:
            return
        await transfer.send(reply)

    async def _record(
        self, transfer: Transfer, caller: str, asked: Asked, raw_headers: list[tuple[bytes, bytes]]
    ) -> None:
        if self._recorder.full:
            why = f"the meter holds {self._config.max_recorded_mb} MiB of calls: drain them first"
            refuse = routes.shape(asked.path, asked.headers)
            await transfer.send(refuse(Refusal(503, why, kind="server_error")))
            return
        call = self._recorder.begin(caller, asked.method, asked.path, asked.query, raw_headers)
        transfer.call = call
        try:
            reply = await self._reply(transfer, call, asked)
            call.status, call.answered_by, call.error = reply.status, reply.answered_by, reply.error
            await (transfer.send(reply) if isinstance(reply, Reply) else transfer.stream(reply))
        except ClientGone as gone:
            call.aborted = True
            call.status = call.status or _GONE
            call.error = call.error or str(gone)
        finally:
            transfer.close()
            self._recorder.finish(call)

    async def _reply(self, transfer: Transfer, call: Call, asked: Asked) -> Reply | Stream:
        route = routes.find(asked.method, asked.path, asked.headers)
        try:
            call.request = asked.raw = await transfer.body()
            return await self._answer(transfer, call, asked, route)
        except Refusal as refusal:
            return route.refuse(refusal)

    async def _answer(self, transfer: Transfer, call: Call, asked: Asked, route: Route) -> Reply | Stream:
        if not call.caller and asked.path != "/":
            raise Refusal(404, "the path names no caller: base URLs are {meter}/{variant}")
        if route.text is not None:
            if len(asked.raw) > _BIG_BODY:
                done = await asyncio.to_thread(self._text, call, asked, route.text)
            else:
                done = self._text(call, asked, route.text)
            return await self._forward(transfer, call, asked, done) if isinstance(done, Target) else done
        if route.embed is not None:
            route.embed.authorize(asked.headers)
            body = asked.body = route.embed.read(asked.raw)
            call.model = _name(body)
            target = self._config.embeddings_forward
            if target is not None:
                return await self._forward(transfer, call, asked, target)
            return await transfer.unless_gone(route.embed.answer(asked, self._embedder))
        if route.metadata is None:  # a route has exactly one of the three
            raise Refusal(500, f"no way to answer {asked.path}", kind="server_error")
        return route.metadata(asked, self._config.models)

    def _text(self, call: Call, asked: Asked, wire: TextWire) -> Reply | Stream | Target:
        """The scripted answer, or where to forward."""
        prepared = self._preparer.prepare(wire, asked, call)
        if call.model not in self._config.models:
            raise no_model(wire.kind, call.model or "")
        if prepared.target is not None:
            return prepared.target
        script = self._recorder.script(call)
        given = compose(script, prepared.request, prepared.input_tokens, wire.wishes(prepared.body))
        return reply_to(asked, wire, script, given)

    async def _ask(self, asking: AskUpstream) -> Reply:
        """What the upstream says to a client's own request, sent on as a gateway's call would be."""
        target = self._config.forward.get(asking.model)
        if target is None:
            raise Refusal(404, f"calls of {asking.model} are not passed on to anybody")
        asked = Asked("POST", asking.path, asking.query, asking.headers, body=asking.body)
        nobody = self._recorder.unrecorded(asking.path)
        answer = await self._passing_on().send(asked, target, nobody)
        body = (
            b"".join([chunk async for chunk in answer.chunks])
            if isinstance(answer.chunks, AsyncIterator)
            else b""
        )
        return json_reply({"status": answer.status, "body_b64": base64.b64encode(body[:_MIB]).decode()})

    def _passing_on(self) -> Forwarder:
        """The one client for all calls that are passed on, made when the first is."""
        self._forwarder = self._forwarder or Forwarder()
        return self._forwarder

    async def _forward(self, transfer: Transfer, call: Call, asked: Asked, target: Target) -> Stream:
        call.answered_by = target.answered_by  # also while it has not answered yet, or never does
        return await transfer.unless_gone(self._passing_on().send(asked, target, call))


def split_caller(path: str) -> tuple[str, str]:
    """A path's first segment, the caller, and the rest; paths of an API without a caller have none."""
    caller, slash, rest = path.removeprefix("/").partition("/")
    if caller in ("v1", "api"):
        return "", path
    return caller, f"{slash}{rest}" or "/"


def _name(body: dict[str, Any]) -> str | None:
    model = body.get("model")
    return model if isinstance(model, str) else None
