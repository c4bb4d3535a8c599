"""Messages that do not fit into one node of the store: acknowledged, then SIGKILL; and SIGKILL while they are stored."""

from __future__ import annotations

import random
import time

from harness import wire
from harness.broker import Broker
from harness.client import Client, Timeout, require

from .moments import Stage

LARGE_BYTES = 3 << 20
OPTIONS = ("--mqtt.packet.bytes.max=8MiB", "--sys.interval=100ms", "--bank.capacity=64MiB")
KILLS = 6
FIGURES_SECONDS_MAX = 20.0


def _bytes(seed: int) -> bytes:
    return random.Random(seed).randbytes(LARGE_BYTES)


class LargeStage(Stage):
    def __init__(self, binary: str, version: int):  # pylint: disable=super-init-not-called
        self.broker, self.version = Broker(binary, OPTIONS).start(), version

    def check_nothing_is_held(self) -> None:
        """All credits that there are can be spent again."""
        client, figures = self.client("figures", clean=True), {}
        client.subscribe("$SYS/broker/bank/#", qos=0)
        deadline = time.monotonic() + FIGURES_SECONDS_MAX
        while time.monotonic() < deadline:
            packet = client.receive()
            figures[packet.topic.removeprefix("$SYS/broker/bank/")] = packet.payload
            held = [int(figures.get(name, b"-1")) for name in ("held/credits", "held/bytes", "held/messages")]
            if held == [0, 0, 0] and int(figures.get("free", b"0")) + int(figures.get("leased", b"0")) == int(
                    figures.get("capacity", b"-1")):
                return
        raise AssertionError(f"something is held: {figures}")


def mail(s: LargeStage) -> None:
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    sub.leave()
    pub = s.client("pub", clean=True)
    for n in range(3):
        pub.publish("a/b", _bytes(n), qos=1 + n % 2)
        pub.publish("a/b", f"small {n}", qos=1)
    s.strike()
    sub = s.resume("sub")
    for n in range(3):
        require(sub.receive("a/b", qos=1 + n % 2).payload == _bytes(n), f"message {n} is another one")
        sub.receive("a/b", f"small {n}", qos=1)
    sub.expect_nothing()
    s.check_nothing_is_held()


def retained(s: LargeStage) -> None:
    pub = s.client("pub", clean=True)
    for n in range(3):
        pub.publish("kept", _bytes(n), qos=1, retain=True)
    s.strike()
    sub = s.client("sub", clean=True)
    sub.subscribe("kept", qos=1)
    require(sub.receive("kept", retain=True).payload == _bytes(2), "another message is retained")
    s.client("pub", clean=True).publish("kept", b"", qos=1, retain=True)
    s.check_nothing_is_held()


def killed_meanwhile(s: LargeStage) -> None:
    """What comes after the restart is whole, and nothing is left of what does not come."""
    s.client("sub").subscribe("a/b", qos=1)
    for n in range(KILLS):
        s.resume("sub").leave()
        pub = s.client("pub", clean=True)
        pub.send(wire.publish("a/b", _bytes(n), 1, 1, version=s.version),
                 wire.publish("kept", _bytes(n), 1, 2, retain=True, version=s.version))
        acknowledged = set()
        try:
            while len(acknowledged) < 2:
                acknowledged.add(pub.expect(wire.PUBACK, timeout=0.01 * n).pid)
        except Timeout:
            pass
        s.strike()
        _check(s, s.resume("sub"), "a/b", n, 1 in acknowledged)
        reader = s.client("reader", clean=True)
        reader.subscribe("kept", qos=1)
        _check(s, reader, "kept", n, 2 in acknowledged)
        s.client("pub", clean=True).publish("kept", b"", qos=1, retain=True)
        s.check_nothing_is_held()


def _check(s: LargeStage, client: Client, topic: str, turn: int, promised: bool) -> None:
    """The message of that turn comes, if it was acknowledged; otherwise it may, ahead of one that is published now."""
    if promised:
        payloads = [client.receive(topic).payload]
    else:
        s.client("end", clean=True).publish(topic, "end", qos=1)
        payloads = list(iter(lambda: client.receive(topic).payload, b"end"))
    require(payloads in ([], [_bytes(turn)]), f"{topic}: {[len(p) for p in payloads]} bytes are not the message of turn {turn}")


CASES = [mail, retained, killed_meanwhile]


def run(case, binary: str, version: int) -> None:
    stage = LargeStage(binary, version)
    try:
        case(stage)
    finally:
        stage.broker.close()
