"""One acknowledgement, then SIGKILL at once: each thing that was acknowledged is there after the restart."""

from __future__ import annotations

from typing import Callable

from harness import wire
from harness.broker import Broker
from harness.client import QUIET, Client, Timeout, equal

KEPT_SECONDS = 3600


class Stage:
    """A broker that can be struck down, and its clients."""

    def __init__(self, binary: str, version: int):
        self.broker, self.version = Broker(binary).start(), version

    def client(self, name: str, clean: bool = False) -> Client:
        client = Client(self.broker.address, self.version, name)
        props = {"session_expiry": KEPT_SECONDS} if self.version == wire.V5 and not clean else None
        client.connect(clean=clean, props=props)
        return client

    def resume(self, name: str) -> Client:
        client = self.client(name)
        equal(client.connack.session_present, True, f"session present of {name}")
        return client

    def strike(self) -> None:
        self.broker.kill()
        self.broker.start()


def subscription(s: Stage) -> None:
    # [MQTT-3.1.2-23] [MQTT-3.1.2-4 v3]
    s.client("sub").subscribe("a/+", qos=1)
    s.strike()
    sub = s.resume("sub")
    s.client("pub", clean=True).publish("a/b", "x", qos=1)
    sub.receive("a/b", "x", qos=1)


def unsubscription(s: Stage) -> None:
    # [MQTT-3.10.4-2] [MQTT-3.10.4-2 v3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=1)
    sub.unsubscribe("a/b")
    s.strike()
    sub = s.resume("sub")
    s.client("pub", clean=True).publish("a/b", "x", qos=1)
    sub.expect_nothing()


def message_for_an_away_session(s: Stage) -> None:
    # [MQTT-4.5.0-1] [MQTT-4.5.0-1 v3] [MQTT-3.1.2-5 v3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    sub.leave()
    for turn in range(3):
        pub = s.client("pub", clean=True)
        for n in range(4):
            pub.publish("a/b", f"{turn} {n}", qos=1 + n % 2)
        s.strike()
    sub = s.resume("sub")
    for turn in range(3):
        for n in range(4):
            sub.receive("a/b", f"{turn} {n}", qos=1 + n % 2)
    sub.expect_nothing()


def message_in_flight(s: Stage) -> None:
    # [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3] [MQTT-4.3.2-3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    pub = s.client("pub", clean=True)
    for n in range(4):
        pub.publish("a/b", f"{n}", qos=1 + n % 2)
    first = [sub.receive("a/b", f"{n}", answer=False).pid for n in range(4)]
    s.strike()
    sub = s.resume("sub")
    for n in range(4):
        sub.receive("a/b", f"{n}", qos=1 + n % 2, pid=first[n], dup=True)
    sub.expect_nothing()


def message_acknowledged_by_the_subscriber(s: Stage) -> None:
    # What PUBREC answered does not come again. PUBREL may: nobody answers PUBCOMP, so it is no promise.  [MQTT-4.3.3-6]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    s.client("pub", clean=True).publish("a/b", "once", qos=2)
    sub.receive("a/b", "once")
    sub.ping()  # its PUBCOMP was read
    s.strike()
    sub = s.resume("sub")
    try:
        packet = sub.read(QUIET)
    except Timeout:
        return
    equal(packet.type, wire.PUBREL, f"type of {packet} after PUBCOMP")
    sub.send(wire.ack(wire.PUBCOMP, packet.pid))
    sub.expect_nothing()


def pubrec_received(s: Stage) -> None:
    # The publisher repeats what it has a PUBREC for: no second delivery.  [MQTT-4.3.3-10] [MQTT-4.3.3-2 v3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    sub.leave()
    pub = s.client("pub")
    pub.send(wire.publish("a/b", "once", 2, 7, version=s.version))
    pub.expect(wire.PUBREC, pid=7, code=0)
    s.strike()
    pub = s.resume("pub")
    pub.send(wire.publish("a/b", "once", 2, 7, dup=True, version=s.version))
    pub.expect(wire.PUBREC, pid=7, code=0)
    pub.send(wire.ack(wire.PUBREL, 7))
    pub.expect(wire.PUBCOMP, pid=7, code=0)
    s.strike()
    sub = s.resume("sub")
    sub.receive("a/b", "once")
    sub.expect_nothing()


def pubcomp_received(s: Stage) -> None:
    # The identifier is free again, so the same one names a new message.  [MQTT-4.3.3-12] [MQTT-4.3.3-2 v3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    sub.leave()
    for n in range(3):
        pub = s.client("pub")
        pub.send(wire.publish("a/b", f"{n}", 2, 7, version=s.version))
        pub.expect(wire.PUBREC, pid=7, code=0)
        pub.send(wire.ack(wire.PUBREL, 7))
        pub.expect(wire.PUBCOMP, pid=7, code=0)
        s.strike()
    sub = s.resume("sub")
    for n in range(3):
        sub.receive("a/b", f"{n}")
    sub.expect_nothing()


def pubrel_sent(s: Stage) -> None:
    # The broker's PUBREL is repeated, its PUBLISH is not.  [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.3.3-1 v3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=2)
    s.client("pub", clean=True).publish("a/b", "once", qos=2)
    pid = sub.receive("a/b", "once", answer=False).pid
    sub.send(wire.ack(wire.PUBREC, pid))
    sub.expect(wire.PUBREL, pid=pid)
    s.strike()
    sub = s.resume("sub")
    sub.expect(wire.PUBREL, pid=pid)
    sub.send(wire.ack(wire.PUBCOMP, pid))
    sub.expect_nothing()


def retained_message(s: Stage) -> None:
    # [MQTT-3.3.1-5] [MQTT-3.3.1-5 v3] [MQTT-3.3.1-6] [MQTT-3.3.1-10 v3]
    pub = s.client("pub", clean=True)
    pub.publish("kept", "old", qos=1, retain=True)
    pub.publish("kept", "new", qos=2, retain=True)
    pub.publish("gone", "x", qos=1, retain=True)
    pub.publish("gone", "", qos=1, retain=True)
    s.strike()
    sub = s.client("sub", clean=True)
    sub.subscribe("kept", "gone", qos=2)
    sub.receive("kept", "new", qos=2, retain=True)
    sub.expect_nothing()


def discarded_session(s: Stage) -> None:
    # Clean start was acknowledged, so the old session must not come back.  [MQTT-3.1.2-4] [MQTT-3.1.2-6 v3]
    sub = s.client("sub")
    sub.subscribe("a/b", qos=1)
    sub.leave()
    s.client("sub", clean=True)
    s.strike()
    equal(s.client("sub").connack.session_present, False, "session present")


MOMENTS: list[Callable[[Stage], None]] = [
    subscription, unsubscription, message_for_an_away_session, message_in_flight, message_acknowledged_by_the_subscriber,
    pubrec_received, pubcomp_received, pubrel_sent, retained_message, discarded_session]


def run(moment: Callable[[Stage], None], binary: str, version: int) -> None:
    stage = Stage(binary, version)
    try:
        moment(stage)
    finally:
        stage.broker.close()
