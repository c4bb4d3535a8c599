"""Who floods a broker from one address, and those at another one who just want to be served.

Floods run in a process of their own, so that they delay nobody but by what the broker does for them.
"""

from __future__ import annotations

import multiprocessing
import socket
import struct
import threading
import time
from typing import Optional

from harness import wire
from harness.client import WAIT, Client, Failure

FLOODER, OTHERS = "127.0.0.2", "127.0.0.3"
BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT: the port is chosen with the peer in mind
CONNACK_BYTE = wire.CONNACK << 4


def connect_from(source: str, address: tuple[str, int]) -> socket.socket:
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
    # A reset at the end: ports of a flood may not wait for a minute each.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.settimeout(WAIT)
    s.bind((source, 0))
    s.connect(address)
    return s


class Flood:
    """Until stop(); or from the start of a `with` to its end."""

    def __init__(self, address: tuple[str, int]):
        self.address, self.stopping = address, multiprocessing.Event()
        self.tried, self.accepted = (multiprocessing.Value("q", 0, lock=False) for _ in range(2))
        self.began = time.monotonic()
        self.process = multiprocessing.Process(target=self.run, daemon=True)

    def __enter__(self) -> "Flood":
        self.began = time.monotonic()
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> float:
        """For how long it has been going on."""
        self.stopping.set()
        self.process.join(2 * WAIT)
        return time.monotonic() - self.began

    def run(self) -> None:
        raise NotImplementedError


class ConnectionFlood(Flood):
    """Connects and is gone, as fast as one core can; with `held`, stays as long as the flood does."""

    def __init__(self, address: tuple[str, int], held: bool = False):
        super().__init__(address)
        self.held = held

    def run(self) -> None:
        kept = []
        while not self.stopping.is_set():
            self.tried.value += 1
            s = self._come(f"flood-{self.tried.value}")
            if s:
                self.accepted.value += 1
                kept += [s] if self.held else []

    def _come(self, name: str) -> Optional[socket.socket]:
        try:
            s = connect_from(FLOODER, self.address)
            s.sendall(wire.connect(name))
            return s if s.recv(1)[:1] == bytes([CONNACK_BYTE]) else None
        except OSError:
            return None


class MessageFlood(Flood):
    """Publishes QoS 0 on one connection as fast as the broker takes it; `tried` counts what the kernel took."""

    def __init__(self, address: tuple[str, int], payload_bytes: int = 64, keep_alive: int = 60):
        super().__init__(address)
        self.packet = wire.publish("flood", b"x" * payload_bytes)
        self.keep_alive, self.broken = keep_alive, multiprocessing.Event()

    def run(self) -> None:
        s = connect_from(FLOODER, self.address)
        s.sendall(wire.connect("flooder", keep_alive=self.keep_alive))
        s.recv(1)
        s.settimeout(0.2)  # a look at `stopping`
        block, offset, sent = self.packet * 100, 0, 0
        while not self.stopping.is_set():
            try:
                n = s.send(block[offset:])
            except TimeoutError:
                continue
            except OSError:
                return self.broken.set()
            offset, sent = (offset + n) % len(block), sent + n
            self.tried.value = sent // len(self.packet)


class Pair:
    """A publisher and its subscriber: each message is acknowledged and has arrived before the next."""

    def __init__(self, address: tuple[str, int], number: int, make=Client):
        self.topic, self.sent = f"pair/{number}", 0
        self.sub, self.pub = (make(address, wire.V5, f"{what}-{number}", source=OTHERS) for what in ("sub", "pub"))
        for client in (self.sub, self.pub):
            client.connect()
        self.sub.subscribe(self.topic, qos=1)

    def exchange(self) -> float:
        """One message; how long it took. Fails if it is not acknowledged, or not what arrives next."""
        began = time.monotonic()
        self.pub.publish(self.topic, str(self.sent), 1)
        self.sub.receive(self.topic, str(self.sent), qos=1)
        self.sent += 1
        return time.monotonic() - began

    def leave(self) -> None:
        for client in (self.pub, self.sub):
            client.leave()


class Pacer(threading.Thread):
    """Exchanges of several pairs in turn, so many a second, until it is stopped: how long each took."""

    def __init__(self, pairs: list[Pair], per_second: float):
        super().__init__(daemon=True)
        self.pairs, self.per_second, self.stopping = pairs, per_second, threading.Event()
        self.seconds: list[float] = []
        self.failure: Optional[str] = None

    def run(self) -> None:
        due = time.monotonic()
        while not self.stopping.is_set():
            due = max(due + 1 / self.per_second, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self.seconds.append(self.pairs[len(self.seconds) % len(self.pairs)].exchange())
            except (Failure, OSError) as why:
                self.failure = str(why)
                return
