"""Publishers and subscribers that keep their session state across any crash of the broker, as the standards demand."""

from __future__ import annotations

import random
import threading
import time
from collections import OrderedDict, defaultdict
from typing import Optional

from harness import wire
from harness.client import Client, Closed, Failure, Timeout
from harness.wire import WireError

from .ledger import Ledger, Message

KEPT_SECONDS = 3600
RECONNECT_SECONDS = 0.02


class Resilient(threading.Thread):
    """A client that connects again whenever its connection ends, until `stop` and its work is done.

    With `moves` it also connects again now and then while its connection stands: the new one takes the session over.
    """

    def __init__(self, address: tuple[str, int], name: str, version: int, ledger: Ledger,
                 moves: Optional[random.Random] = None):
        super().__init__(name=name, daemon=True)
        self.moves, self.move_at, self.moved = moves, float("inf"), 0
        self.left: Optional[Client] = None  # the connection that the next one takes over from
        self.address, self.version, self.ledger = address, version, ledger
        self.stopping = threading.Event()
        self.established = False  # a CONNACK was received once, so the broker owes us a session
        self.crash: Optional[BaseException] = None

    def run(self) -> None:
        try:
            while not (self.stopping.is_set() and self.idle()):
                try:
                    self._session()
                except (OSError, Timeout, Closed):
                    time.sleep(RECONNECT_SECONDS)
                except (WireError, Failure) as error:
                    self.ledger.complain(f"{self.name}: {error}")
                    time.sleep(RECONNECT_SECONDS)
        except BaseException as error:  # shown by the case that started the thread
            self.crash = error
            raise

    def _session(self) -> None:
        client = Client(self.address, self.version, self.name)
        try:
            props = {"session_expiry": KEPT_SECONDS} if self.version == wire.V5 else None
            client.connect(clean=False, keep_alive=30, props=props)
            self._close_left()
            if self.moves:
                self.move_at = time.monotonic() + self.moves.uniform(0.02, 0.4)
            if self.established and not client.connack.session_present:
                self.ledger.complain(f"the broker forgot the session of {self.name}")
                self.session_lost()
            self.established = True
            self.serve(client)
            if self.stopping.is_set():
                client.leave()
            elif self.time_to_move():
                self.left, self.moved = client, self.moved + 1
        finally:
            if self.left is not client:
                self._close_left()
                client.close()

    def _close_left(self) -> None:
        """What came there and was not read comes again with the connection that took over."""
        if self.left:
            self.left.close()
            self.left = None

    def time_to_move(self) -> bool:
        return time.monotonic() > self.move_at

    def idle(self) -> bool:
        return True

    def session_lost(self) -> None:
        """Called when the broker has no session, although it owes one."""

    def serve(self, client: Client) -> None:
        raise NotImplementedError


class Publisher(Resilient):
    """Publishes on its own topics with one QoS, a window of messages under way, a bounded rate."""

    WINDOW = 12

    def __init__(self, address: tuple[str, int], name: str, version: int, ledger: Ledger, qos: int, topics: int = 3,
                 rate: float = 300, retain: bool = False, moves: Optional[random.Random] = None):
        super().__init__(address, name, version, ledger, moves)
        self.qos, self.rate, self.retain = qos, rate, retain
        self.topics = [f"load/{name}/{n}" for n in range(topics)]
        self.numbers: dict[str, int] = defaultdict(int)
        # Packet identifier to message and whether its PUBREC came; in the order of the first sending.
        self.open: "OrderedDict[int, tuple[Message, bool]]" = OrderedDict()
        self.last_pid, self.turn = 0, 0

    def idle(self) -> bool:
        return not self.open

    def _packet(self, pid: int, message: Message, dup: bool) -> bytes:
        return wire.publish(message.topic, message.payload(), self.qos, pid, self.retain, dup, self.version)

    def _resend(self, client: Client) -> None:
        client.send(*[wire.ack(wire.PUBREL, pid) if released else self._packet(pid, message, dup=True)
                      for pid, (message, released) in self.open.items()])

    def _publish_next(self, client: Client) -> None:
        topic = self.topics[self.turn % len(self.topics)]
        self.turn += 1
        self.numbers[topic] += 1
        message = Message(self.name, topic, self.numbers[topic], self.qos)
        while True:
            self.last_pid = self.last_pid % 65535 + 1
            if self.last_pid not in self.open:
                break
        self.open[self.last_pid] = (message, False)
        client.send(self._packet(self.last_pid, message, dup=False))

    def serve(self, client: Client) -> None:
        self._resend(client)
        while not (self.stopping.is_set() and self.idle()) and not self.time_to_move():
            if len(self.open) < self.WINDOW and not self.stopping.is_set():
                self._publish_next(client)
                time.sleep(1 / self.rate)
                timeout = 0.0005
            else:
                timeout = 0.05
            try:
                packet = client.read(timeout)
            except Timeout:
                continue
            if packet is None or packet.type == wire.DISCONNECT:
                raise Closed("the connection ended")
            self._answer(client, packet)

    def _answer(self, client: Client, packet: wire.Packet) -> None:
        if packet.pid not in self.open:
            if packet.type == wire.PUBCOMP:
                return  # the answer to a PUBREL that was sent twice
            raise Failure(f"{packet} for nothing that is under way")
        message, released = self.open[packet.pid]
        if packet.type == wire.PUBACK and self.qos == 1 or packet.type == wire.PUBCOMP and released:
            del self.open[packet.pid]
            (self.ledger.promise if packet.code < 0x80 or packet.type == wire.PUBCOMP else self.ledger.refuse)(message)
        elif packet.type == wire.PUBREC and packet.code >= 0x80 and not released:
            del self.open[packet.pid]
            self.ledger.refuse(message)
        elif packet.type == wire.PUBREC and self.qos == 2:
            self.open[packet.pid] = (message, True)
            client.send(wire.ack(wire.PUBREL, packet.pid))
        else:
            raise Failure(f"{packet} while {message} was {'released' if released else 'published'}")


class Subscriber(Resilient):
    """Subscribes to all of the load once and never again: the broker must remember. May be away at times."""

    def __init__(self, address: tuple[str, int], name: str, version: int, ledger: Ledger, qos: int, filters: list[str],
                 away: Optional[random.Random] = None, moves: Optional[random.Random] = None):
        super().__init__(address, name, version, ledger, moves)
        self.qos, self.filters, self.away = qos, filters, away
        self.subscribed = False
        self.ready = threading.Event()
        # Identifiers of QoS 2 messages that were taken and not yet released by the broker.
        self.taken: set[int] = set()

    def session_lost(self) -> None:
        self.taken.clear()
        self.subscribed = False

    def serve(self, client: Client) -> None:
        if not self.subscribed:
            client.subscribe(*self.filters, qos=self.qos)
            self.subscribed = True
            self.ready.set()
        away = self.away  # another thread may end the wandering
        until = time.monotonic() + away.uniform(0.1, 0.8) if away else None
        while not self.stopping.is_set() and not self.time_to_move():
            if until and time.monotonic() > until:
                client.close()
                self.stopping.wait(away.uniform(0.1, 0.8))
                return
            try:
                packet = client.read(0.05)
            except Timeout:
                continue
            if packet is None or packet.type == wire.DISCONNECT:
                raise Closed("the connection ended")
            self._answer(client, packet)

    def _answer(self, client: Client, packet: wire.Packet) -> None:
        if packet.type == wire.PUBREL:
            self.taken.discard(packet.pid)
            client.send(wire.ack(wire.PUBCOMP, packet.pid))
            return
        if packet.type != wire.PUBLISH:
            raise Failure(f"{packet} to a subscriber")
        message = Message.read(packet.payload)
        if packet.topic != message.topic:
            raise Failure(f"{message} came with the topic {packet.topic}")
        if packet.qos == 2:
            if packet.pid not in self.taken:
                self.taken.add(packet.pid)
                self.ledger.arrive(self.name, message)
            client.send(wire.ack(wire.PUBREC, packet.pid))
            return
        self.ledger.arrive(self.name, message)
        if packet.qos == 1:
            client.send(wire.ack(wire.PUBACK, packet.pid))
