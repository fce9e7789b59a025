"""One request's bytes in and out, noting on the call what was sent and whether the client stayed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, TypeVar

import httpx

from lab.meter.recording import Call
from lab.meter.refusal import Refusal
from lab.meter.replies import Reply, Stream

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")

_MIB = 1024 * 1024
_LEFT = "the client went away during the stream"
_END_S = 0.1


class ClientGone(Exception):
    """The client closed its connection before the end."""


class Transfer:
    """Reads the body, bounded; sends the answer, chunk by chunk; notices a client that goes away."""

    def __init__(self, receive: Receive, send: Send, max_body: int) -> None:
        self._receive = receive
        self._send = send
        self._max_body = max_body
        self._gone: asyncio.Task[None] | None = None
        self.call: Call | None = None

    async def body(self) -> bytes:
        """The whole body; one over the bound is read to its end, dropped, and refused (413)."""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            first: bytes = message.get("body", b"")
            if len(first) <= self._max_body:
                return first
        chunks: list[bytes] = []
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                self._note_partial(chunks)
                raise ClientGone(f"the client went away after {size} bytes of its request")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self._max_body:
                chunks.append(chunk)
            else:
                chunks.clear()
            if not message.get("more_body"):
                break
            message = await self._receive()
        if size > self._max_body:
            limit = self._max_body // _MIB
            raise Refusal(413, f"the request body has {size} bytes; the meter takes at most {limit} MiB")
        return b"".join(chunks)

    def _note_partial(self, chunks: list[bytes]) -> None:
        if self.call is not None:
            self.call.request = b"".join(chunks)

    async def unless_gone(self, work: Coroutine[Any, Any, T], grace_s: float = 0) -> T:
        """The result of slow work, or ClientGone `grace_s` seconds after nobody waits for it any more."""
        gone = self._watch()
        task = asyncio.ensure_future(work)
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=grace_s)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise ClientGone(_LEFT if grace_s else "the client went away before the answer")
        return task.result()

    async def send(self, reply: Reply) -> None:
        """Sends a whole answer."""
        length = (b"content-length", str(len(reply.body)).encode())
        headers = [(b"content-type", reply.content_type), length, *reply.headers]
        if self.call is not None:
            self.call.sent(reply.body)
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": reply.body})

    async def stream(self, stream: Stream) -> None:
        """Sends an answer chunk by chunk; a source that breaks off breaks off the connection too."""
        gone = self._watch()
        headers = [(b"content-type", stream.content_type), *stream.headers]
        await self._send({"type": "http.response.start", "status": stream.status, "headers": headers})
        try:
            if isinstance(stream.chunks, AsyncIterator):
                await self._pipe(stream.chunks)
            else:
                for chunk in stream.chunks:
                    await self._chunk(chunk, gone)
                    await asyncio.sleep(0)  # lets the loop write it, and notice a client that has left
        except httpx.HTTPError as error:
            if self.call is not None:
                self.call.error = f"the upstream broke off: {str(error) or type(error).__name__}"
            return
        await self._send({"type": "http.response.body", "body": b""})

    async def _pipe(self, chunks: AsyncIterator[bytes]) -> None:
        gone = self._watch()
        try:
            # A client may leave once it has read the end; the upstream's own end then follows at once.
            while (chunk := await self.unless_gone(_next(chunks), _END_S)) is not None:
                await self._chunk(chunk, gone)
        finally:
            if inspect.isasyncgen(chunks):
                await chunks.aclose()

    async def _chunk(self, chunk: bytes, gone: asyncio.Task[None]) -> None:
        if gone.done():
            raise ClientGone(_LEFT)
        if self.call is not None:
            self.call.sent(chunk)
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    def close(self) -> None:
        """Stops watching the client."""
        if self._gone is not None:
            self._gone.cancel()

    def _watch(self) -> asyncio.Task[None]:
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._disconnect())
        return self._gone

    async def _disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)
