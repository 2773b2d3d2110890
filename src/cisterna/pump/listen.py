"""The host's door: TLS 1.3 with a certificate on both sides, then frames, one pump per connection.

A peer names its pump in the TLS greeting (SNI) and shows a certificate of the fleet. Each pump's
wake-up budget is asked before a handshake costs anything. A peer whose key the pump knows may
knock first: one signed frame in the clear, answered by one byte, and TLS follows if it is 1.

Everything a peer can do is bounded: the length of a frame, the time for each step, frames in a
second, handshakes under way and connections to a pump; where a bound is reached, the oldest or
longest silent connection makes room. No exception of a connection reaches another one.
"""

import asyncio
import logging
import socket
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

from cisterna.pump import certificates as tls
from cisterna.pump.bounds import Attention, Bounds, Crowd, Pace
from cisterna.pump.client import EXPIRED
from cisterna.pump.host import Host
from cisterna.pump.link.canonical import MOST_BYTES, Reason
from cisterna.pump.link.command import Command
from cisterna.pump.link.frame import LENGTH_BYTES, inbound
from cisterna.pump.unit import Unit

LOG = logging.getLogger("cisterna.pumphost")
TLS_RECORD = b"\x16"
AWAKE, ASLEEP = b"\x01", b"\x00"
MOST_KNOCK = 4096
CONTEXTS_KEPT = 128
SEND_BUFFER = 4 * MOST_BYTES

Shown = ssl.SSLObject | ssl.SSLSocket
T = TypeVar("T")


@dataclass(slots=True)
class Talk:
    """One connection after its handshake: the pump, and the keys that have spoken over it."""

    serial: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    keys: set[str] = field(default_factory=set)


class Door:
    """Takes connections for the pumps of a host."""

    def __init__(self, host: Host, bounds: Bounds | None = None) -> None:
        self.host = host
        self.bounds = bounds or Bounds()
        self.meeting = Crowd(self.bounds.handshakes)
        self.talking = Crowd(self.bounds.talks)
        self._talks: dict[str, dict[asyncio.Task[None], Talk]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._names = {tls.host_name(s): s for s in host.fleet.pumps}
        self._contexts: OrderedDict[str, tuple[int, ssl.SSLContext]] = OrderedDict()
        self._granted: WeakKeyDictionary[Shown, tuple[str, int | None]]
        self._granted = WeakKeyDictionary()
        self._strangers = tls.pump_side(host.fleet.authority, None)
        self._strangers.sni_callback = self._stranger

    async def serve(self, listening: socket.socket) -> None:
        """Take connections until this is cancelled."""
        loop = asyncio.get_running_loop()
        listening.setblocking(False)
        try:
            while True:
                try:
                    peer, _ = await loop.sock_accept(listening)
                except OSError as problem:
                    LOG.warning("no connection can be taken: %s", problem)
                    await asyncio.sleep(0.1)
                    continue
                task = loop.create_task(self._serve(peer))
                self._tasks.add(task)
                self.meeting.enter(task)
                task.add_done_callback(partial(self._done, peer))
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, peer: socket.socket, task: asyncio.Task[None]) -> None:
        peer.close()
        self._tasks.discard(task)
        self.meeting.leave(task)
        self.talking.leave(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            LOG.error("a connection failed: %r", problem, exc_info=problem)

    async def _serve(self, peer: socket.socket) -> None:
        """One connection from its first byte to its end; whatever a peer does ends only this."""
        task = asyncio.current_task()
        with suppress(OSError, EOFError):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            talk = await self._meet(peer)
            if talk is None or task is None:
                return
            self.meeting.leave(task)
            try:
                await self._talk(task, talk)
            finally:
                self._end(task, talk)

    # Before the handshake ------------------------------------------------------------------------

    async def _meet(self, peer: socket.socket) -> Talk | None:
        """A knock, if there is one, and the handshake; None if the pump sleeps on."""
        peer.setblocking(False)
        context: ssl.SSLContext | None = self._strangers
        if await self._within(_peek(peer)) != TLS_RECORD:
            serial = await self._within(self._knock(peer))
            loop = asyncio.get_running_loop()
            await self._within(loop.sock_sendall(peer, AWAKE if serial else ASLEEP))
            context = self._known(serial) if serial else None
        return await self._handshake(peer, context) if context else None

    async def _knock(self, peer: socket.socket) -> str | None:
        """The serial of the pump that wakes for this knock."""
        length = int.from_bytes(await _exactly(peer, LENGTH_BYTES))
        if not 0 < length <= MOST_KNOCK:
            return None
        content = await _exactly(peer, length)
        frame = inbound(content)
        if isinstance(frame, Reason) or not isinstance(frame, Command):
            return None
        serial = frame.head.pump

        def knocked(unit: Unit, now: int) -> int | None:
            return unit.woken(content, now)

        return serial if self.host.with_unit(serial, knocked) is not None else None

    async def _handshake(self, peer: socket.socket, context: ssl.SSLContext) -> Talk:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2 * MOST_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                socket.socket(fileno=peer.detach()),
                ssl=context,
                ssl_handshake_timeout=self.bounds.step_s,
                ssl_shutdown_timeout=1.0,
            )
        except ssl.SSLCertVerificationError as problem:
            if problem.verify_code == EXPIRED:
                LOG.warning("a peer of the fleet was refused: its certificate has ended")
            raise
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        serial, granted = self._granted.pop(writer.get_extra_info("ssl_object"))
        if granted is not None:
            self.host.with_unit(serial, lambda unit, _: unit.proven(granted))
        return Talk(serial, reader, writer)

    def _stranger(self, shown: Shown, name: str | None, _: ssl.SSLContext) -> int | None:
        """A stranger names a pump: its certificate, if its radio wakes for strangers now."""
        serial = self._names.get((name or "").lower())
        if serial is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        granted = self.host.with_unit(serial, lambda unit, now: unit.woken(None, now))
        if granted is None:
            return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
        self._granted[shown] = (serial, granted)
        shown.context = self._context(serial)
        return None

    def _known(self, serial: str) -> ssl.SSLContext:
        """For a peer that has knocked at this pump, and may not turn to another one now."""
        context = tls.pump_side(self.host.fleet.authority, self.host.fleet.pump(serial))

        def named(shown: Shown, name: str | None, _: ssl.SSLContext) -> int | None:
            if self._names.get((name or "").lower()) != serial:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            self._granted[shown] = (serial, None)
            return None

        context.sni_callback = named
        return context

    def _context(self, serial: str) -> ssl.SSLContext:
        """The pump's own certificate; the latest few are kept until they are renewed."""
        folder = self.host.fleet.pump(serial)
        made_ns = (folder / tls.CERTIFICATE).stat().st_mtime_ns
        kept = self._contexts.pop(serial, None)
        if kept is None or kept[0] != made_ns:
            kept = made_ns, tls.pump_side(self.host.fleet.authority, folder)
        found = kept[1]
        self._contexts[serial] = kept
        if len(self._contexts) > CONTEXTS_KEPT:
            self._contexts.popitem(last=False)
        return found

    # After it ------------------------------------------------------------------------------------

    async def _talk(self, task: asyncio.Task[None], talk: Talk) -> None:
        """Frame by frame, until the peer goes, falls silent or says something not authentic."""
        crowd = self._talks.setdefault(talk.serial, {})
        pace, loop = Pace(self.bounds.frames_per_s, self.bounds.burst), asyncio.get_running_loop()
        attention = Attention(self.host.clock)
        try:
            while True:
                self.talking.enter(task)
                crowd.pop(task, None)
                crowd[task] = talk
                if len(crowd) > self.bounds.talks_per_pump:
                    next(iter(crowd)).cancel()
                content = await self._next_frame(talk, attention)
                await asyncio.sleep(pace.wait_s(loop.time()))
                if content is None or not await self._answered(talk, content):
                    return
        finally:
            attention.off()

    async def _answered(self, talk: Talk, content: bytes) -> bool:
        """The pump has answered a frame, and wants to hear another one."""
        heard = self.host.hear(talk.serial, content)
        if heard is None:
            return False
        if heard.key:
            talk.keys.add(heard.key)
        talk.writer.write(heard.frame)
        await self._within(talk.writer.drain())
        return not heard.close

    async def _next_frame(self, talk: Talk, attention: Attention) -> bytes | None:
        """The next frame's bytes; None for a length that no frame has."""
        attention.on()
        head = asyncio.ensure_future(talk.reader.readexactly(LENGTH_BYTES))
        try:
            await asyncio.wait({head}, timeout=self.bounds.linger_s)
            if not head.done():
                attention.off()
            async with asyncio.timeout(self.bounds.silence_s):
                length = int.from_bytes(await head)
        finally:
            head.cancel()
        attention.on()
        if not 0 < length <= MOST_BYTES:
            return None
        return await self._within(talk.reader.readexactly(length))

    def _end(self, task: asyncio.Task[None], talk: Talk) -> None:
        """The connection is gone: sessions of keys that speak over no other one are lost."""
        talk.writer.close()
        crowd = self._talks.get(talk.serial, {})
        crowd.pop(task, None)
        others: set[str] = set().union(*(t.keys for t in crowd.values()))
        for key in talk.keys - others:
            self.host.with_unit(talk.serial, _hung_up(key))
        if not crowd:
            self._talks.pop(talk.serial, None)

    async def _within(self, step: Awaitable[T]) -> T:
        async with asyncio.timeout(self.bounds.step_s):
            return await step


def _hung_up(key: str) -> Callable[[Unit, int], None]:
    return lambda unit, now: unit.hung_up(key, now)


async def _peek(peer: socket.socket) -> bytes:
    """The first byte, left where it is."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def came() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(peer.fileno(), came)
    try:
        await ready
    finally:
        loop.remove_reader(peer.fileno())
    first = peer.recv(1, socket.MSG_PEEK)
    if not first:
        raise EOFError
    return first


async def _exactly(peer: socket.socket, length: int) -> bytes:
    loop, found = asyncio.get_running_loop(), b""
    while len(found) < length:
        part = await loop.sock_recv(peer, length - len(found))
        if not part:
            raise EOFError
        found += part
    return found
