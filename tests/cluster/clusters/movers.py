"""Clients under load, all on one event loop: they connect again at another pod whenever their connection ends.

They keep their session state across any crash of the cluster, as the standards demand, and write what they were promised
and what arrived into the ledger.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict, defaultdict
from typing import Callable, Optional

from crashes.ledger import Ledger, Message
from harness import wire
from harness.wire import Packet, WireError

KEPT_SECONDS = 3600
CONNACK_SECONDS_MAX = 6.0
PAUSE_SECONDS = 0.05
PING_SECONDS = 10.0

Address = tuple[str, int]


class Line(asyncio.Protocol):
    """One connection; hands its first packet to `on_connack`, the others to `on_packet`, and says by `ended` that it is over."""

    def __init__(self, version: int, on_connack: Callable[["Line", Packet], None], on_packet: Callable[[Packet], None]):
        self.version, self.on_connack, self.on_packet = version, on_connack, on_packet
        self.buffer = bytearray()
        self.connack: asyncio.Future = asyncio.get_running_loop().create_future()  # None: it ended before
        self.ended: asyncio.Future = asyncio.get_running_loop().create_future()
        self.goodbye: Optional[Packet] = None  # the server's DISCONNECT
        self.heard_at = 0.0

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        self.buffer += data
        try:
            while not self.ended.done() and (found := wire.split(self.buffer)):
                kind, flags, body, length = found
                del self.buffer[:length]
                packet = wire.parse_body(kind, flags, body, self.version)
                if not self.connack.done():
                    self.connack.set_result(packet)
                    self.on_connack(self, packet)
                elif packet.type == wire.DISCONNECT:
                    self.goodbye = packet
                    self.end()
                else:
                    self.on_packet(packet)
        except Exception as error:  # told by whoever waits for `ended`
            self.end(WireError(str(error)) if isinstance(error, ValueError) else error)

    def end(self, why: Optional[Exception] = None) -> None:
        """At once and without DISCONNECT; `why` is what was wrong with what came."""
        if not self.ended.done():
            self.ended.set_result(why)
        if not self.connack.done():
            self.connack.set_result(None)
        self.transport.abort()

    def connection_lost(self, _why: Optional[Exception]) -> None:
        self.end()

    def send(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)


class Mover:
    """A client that connects to a random pod, never twice in a row to the same one while there are others.

    `pods` are those it may use, now or whenever it connects; with one only it is pinned there.
    """

    def __init__(self, name: str, version: int, ledger: Ledger, pods: list[Address], rng: random.Random):
        self.name, self.version, self.ledger, self.pods, self.rng = name, version, ledger, pods, rng
        self.last: Optional[Address] = None
        self.line: Optional[Line] = None  # while the connection stands
        self.established = False  # a CONNACK was received once, so the cluster owes us a session
        self.stopping = asyncio.Event()
        self.connects = 0
        self.ping_seconds = PING_SECONDS
        self.login: dict[str, str] = {}  # username and password
        self.sent_to: Optional[Address] = None  # a server told us to go there, and we have not been
        # How often, how often that server let us in at once, and how often it was about to leave itself.
        self.sent_away = self.taken_in = self.sent_on = 0
        self.answer, self.code = "", 0  # of the server to the last CONNECT, if it was no good one
        self.turned_away: list[str] = []  # how it went when that server did not

    def _next_pod(self) -> Address:
        if self.sent_to:
            self.last, self.sent_to = self.sent_to, None
            return self.last
        others = [pod for pod in self.pods if pod != self.last] or list(self.pods)
        if not others:
            raise OSError("nobody serves")
        self.last = self.rng.choice(others)
        return self.last

    async def run(self) -> None:
        while not (self.stopping.is_set() and self.idle()):
            try:
                await self._session()
            except (OSError, asyncio.TimeoutError):
                pass  # another pod is next
            except WireError as error:
                self.ledger.complain(f"{self.name}: {error}")
            if not self.stopping.is_set() or not self.idle():
                await asyncio.sleep(PAUSE_SECONDS)

    async def _session(self) -> None:
        if not self.sent_to:
            return await self._session_at(*self._next_pod())
        connects, began = self.connects, time.monotonic()
        host, port = self._next_pod()
        try:
            await self._session_at(host, port)
        except Exception as why:
            self.answer = repr(why)
            raise
        finally:
            if self.connects > connects:
                self.taken_in += 1
            elif self.code == 0x9C:
                self.sent_on += 1
            else:
                self.turned_away.append(f"{self.name} by {host}:{port} after {time.monotonic() - began:.1f} s: {self.answer}")

    async def _session_at(self, host: str, port: int) -> None:
        self.answer, self.code = "nothing", 0
        create = asyncio.get_running_loop().create_connection(
            lambda: Line(self.version, self._on_connack, self.on_packet), host, port)
        _, line = await asyncio.wait_for(create, CONNACK_SECONDS_MAX)
        try:
            props = {"session_expiry": KEPT_SECONDS} if self.version == wire.V5 else None
            line.send(wire.connect(self.name, self.version, clean=False, keep_alive=30, props=props, **self.login))
            await asyncio.wait_for(asyncio.shield(line.connack), CONNACK_SECONDS_MAX)
            pinger = asyncio.ensure_future(self._ping(line))
            stop = asyncio.ensure_future(self._finished())
            await asyncio.wait({line.ended, stop}, return_when=asyncio.FIRST_COMPLETED)
            pinger.cancel()
            stop.cancel()
            if line.ended.done():
                if isinstance(line.ended.result(), WireError):
                    raise WireError(f"from {host}:{port}: {line.ended.result()}")
                if line.ended.result():
                    raise line.ended.result()  # a fault of ours
            else:
                line.send(wire.disconnect(self.version))
                line.transport.close()
                await asyncio.wait_for(asyncio.shield(line.ended), CONNACK_SECONDS_MAX)
        finally:
            self._mark_directions(line.goodbye)
            self.line = None
            line.end()

    def _mark_directions(self, goodbye: Optional[Packet]) -> None:
        """Use another server: that one, if one is named."""
        if goodbye and goodbye.code == 0x9C and "server_reference" in goodbye.props:
            host, port = goodbye.props["server_reference"].rsplit(":", 1)
            self.sent_to = (host, int(port))
            self.sent_away += 1

    def _on_connack(self, line: Line, connack: Packet) -> None:
        if connack.type != wire.CONNACK or connack.code:
            self.answer, self.code = str(connack), connack.code
            line.end()  # a pod that does not serve now; another one will
            return
        self.connects += 1
        if self.established and not connack.session_present:
            self.ledger.complain(f"pod at {self.last} forgot the session of {self.name}")
            self.session_lost()
        self.established = True
        self.line = line
        self.begin()

    async def _ping(self, line: Line) -> None:
        """A server that does not answer is gone, whatever its socket says."""
        while True:
            await asyncio.sleep(self.ping_seconds)
            sent = asyncio.get_running_loop().time()
            line.send(wire.pingreq())
            await asyncio.sleep(self.ping_seconds)
            if line.heard_at < sent:
                line.end()

    async def _finished(self) -> None:
        await self.stopping.wait()
        while not self.idle():
            await asyncio.sleep(0.02)

    # ---- what a kind of client does

    def idle(self) -> bool:
        return True

    def begin(self) -> None:
        """The connection stands."""

    def session_lost(self) -> None:
        """The cluster has no session, although it owes one."""

    def on_packet(self, packet: Packet) -> None:
        raise NotImplementedError


class Publisher(Mover):
    """Publishes on topics of its own with one QoS, a window of messages under way, a bounded rate."""

    WINDOW = 12

    def __init__(self, name: str, version: int, ledger: Ledger, pods: list[Address], rng: random.Random, qos: int,
                 rate: float, topics: int = 2):
        super().__init__(name, version, ledger, pods, rng)
        self.qos, self.rate = qos, rate
        self.topics = [f"load/{name}/{n}" for n in range(topics)]
        self.numbers: dict[str, int] = defaultdict(int)
        # Packet identifier to message and whether its PUBREC came; in the order of the first sending.
        self.open: "OrderedDict[int, tuple[Message, bool]]" = OrderedDict()
        self.last_pid = self.turn = 0
        self.acknowledged = 0

    async def run(self) -> None:
        pace = asyncio.ensure_future(self._pace())
        try:
            await super().run()
        finally:
            pace.cancel()

    async def _pace(self) -> None:
        await asyncio.sleep(self.rng.random() / self.rate)
        while not self.stopping.is_set():
            if self.line and len(self.open) < self.WINDOW:
                self._publish_next()
            await asyncio.sleep(1 / self.rate)

    def idle(self) -> bool:
        return not self.open

    def _packet(self, pid: int, message: Message, dup: bool) -> bytes:
        return wire.publish(message.topic, message.payload(), self.qos, pid, dup=dup, version=self.version)

    def begin(self) -> None:
        for message, released in self.open.values():
            if not released:
                self.ledger.repeat(message)
        self.line.send(b"".join(wire.ack(wire.PUBREL, pid) if released else self._packet(pid, message, dup=True)
                                for pid, (message, released) in self.open.items()))

    def _publish_next(self) -> None:
        topic = self.topics[self.turn % len(self.topics)]
        self.turn += 1
        self.numbers[topic] += 1
        message = Message(self.name, topic, self.numbers[topic], self.qos)
        while True:
            self.last_pid = self.last_pid % 65535 + 1
            if self.last_pid not in self.open:
                break
        self.open[self.last_pid] = (message, False)
        self.line.send(self._packet(self.last_pid, message, dup=False))

    def on_packet(self, packet: Packet) -> None:
        if packet.type == wire.PINGRESP:
            return
        if packet.pid not in self.open:
            if packet.type != wire.PUBCOMP:  # the answer to a PUBREL that was sent twice
                raise WireError(f"{packet} for nothing that is under way")
            return
        message, released = self.open[packet.pid]
        if packet.type == wire.PUBACK and self.qos == 1 or packet.type == wire.PUBCOMP and released:
            del self.open[packet.pid]
            good = packet.code < 0x80 or packet.type == wire.PUBCOMP
            self.acknowledged += good
            (self.ledger.promise if good else self.ledger.refuse)(message)
        elif packet.type == wire.PUBREC and packet.code >= 0x80 and not released:
            del self.open[packet.pid]
            self.ledger.refuse(message)
        elif packet.type == wire.PUBREC and self.qos == 2:
            self.open[packet.pid] = (message, True)
            self.line.send(wire.ack(wire.PUBREL, packet.pid))
        else:
            raise WireError(f"{packet} while {message} was {'released' if released else 'published'}")


class Subscriber(Mover):
    """Subscribes once and never again: the cluster must remember."""

    def __init__(self, name: str, version: int, ledger: Ledger, pods: list[Address], rng: random.Random, qos: int,
                 filters: list[str]):
        super().__init__(name, version, ledger, pods, rng)
        self.qos, self.filters = qos, filters
        self.ready = asyncio.Event()
        # Identifiers of QoS 2 messages that were taken and not yet released by the broker.
        self.taken: set[int] = set()
        self.arrived = 0

    def session_lost(self) -> None:
        self.taken.clear()
        self.ready.clear()

    def begin(self) -> None:
        if not self.ready.is_set():
            self.line.send(wire.subscribe(1, [(f, self.qos) for f in self.filters], self.version))

    def on_packet(self, packet: Packet) -> None:
        if packet.type == wire.PUBREL:
            self.taken.discard(packet.pid)
            self.line.send(wire.ack(wire.PUBCOMP, packet.pid))
        elif packet.type == wire.SUBACK:
            if any(code >= 0x80 for code in packet.codes):
                raise WireError(f"{packet}")
            self.ready.set()
        elif packet.type == wire.PUBLISH:
            self._take(packet)
        elif packet.type != wire.PINGRESP:
            raise WireError(f"{packet} to a subscriber")

    def _take(self, packet: Packet) -> None:
        message = Message.read(packet.payload)
        if packet.topic != message.topic:
            raise WireError(f"{message} came with the topic {packet.topic}")
        if packet.qos != 2 or packet.pid not in self.taken:
            self.arrived += 1
            self.ledger.arrive(self.name, message)
        if packet.qos == 2:
            self.taken.add(packet.pid)
        if packet.qos:
            self.line.send(wire.ack(wire.PUBREC if packet.qos == 2 else wire.PUBACK, packet.pid))
