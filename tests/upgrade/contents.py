"""What a store is filled with by one program, and what another one must find in it: something of each kind of record."""

from __future__ import annotations

from harness import wire
from harness.broker import Broker
from harness.client import Client, equal, require
from harness.wire import V5, V311

KEPT = {"session_expiry": 0xFFFFFFFF}
LARGE_BYTES = 900_000  # stands in parts
FILTER = "plant/+/t"


def _session(broker: Broker, name: str, version: int, present: bool) -> Client:
    client = Client(broker.address, version, f"{name}-{version}")
    client.connect(clean=False, props=KEPT if version == V5 else None)
    equal(client.connack.session_present, present, f"session present of {client.client_id}")
    return client


def fill(broker: Broker) -> None:
    publisher = Client(broker.address, V5, "publisher")
    publisher.connect()
    for version in (V311, V5):
        away = _session(broker, "away", version, False)
        away.subscribe(FILTER, f"own/{version}/#", qos=2)
        away.leave()
    publisher.publish("plant/1/t", "first", qos=1, props={"user": [("unit", "K")], "content_type": "text/plain"})
    publisher.publish("plant/2/t", "second", qos=2)
    publisher.publish("plant/3/t", b"x" * LARGE_BYTES, qos=1)
    publisher.publish("state/1", "kept", qos=1, retain=True)
    publisher.leave()
    for version in (V311, V5):
        _leave_halfway(broker, version)


def _leave_halfway(broker: Broker, version: int) -> None:
    """A message taken and not released, both ways."""
    sub = _session(broker, "half-sub", version, False)
    sub.subscribe(f"half/{version}", qos=2)
    pub = _session(broker, "half-pub", version, False)
    pub.send(wire.publish(f"half/{version}", b"once", 2, 7, version=version))
    pub.expect(wire.PUBREC, pid=7)
    arrived = sub.receive(f"half/{version}", b"once", answer=False)
    sub.send(wire.ack(wire.PUBREC, arrived.pid))
    sub.expect(wire.PUBREL, pid=arrived.pid)
    for client in (sub, pub):
        client.abort()


def check(broker: Broker) -> None:
    for version in (V311, V5):
        away = _session(broker, "away", version, True)
        for topic, payload in (("plant/1/t", b"first"), ("plant/2/t", b"second"), ("plant/3/t", b"x" * LARGE_BYTES)):
            packet = away.receive(topic, payload)
            if version == V5 and payload == b"first":
                equal((packet.props["user"], packet.props["content_type"]), ([("unit", "K")], "text/plain"), "properties")
        _go_on_halfway(broker, version)
        # The subscription is there, too.
        away.send(wire.publish(f"own/{version}/t", b"new", 0, version=version))
        away.receive(f"own/{version}/t", b"new")
        away.subscribe("state/#", qos=1)
        require(away.receive("state/1", b"kept").retain, "the message is a retained one")
        away.leave()


def _go_on_halfway(broker: Broker, version: int) -> None:
    sub = _session(broker, "half-sub", version, True)
    released = sub.expect(wire.PUBREL)
    sub.send(wire.ack(wire.PUBCOMP, released.pid))
    pub = _session(broker, "half-pub", version, True)
    pub.send(wire.publish(f"half/{version}", b"once", 2, 7, dup=True, version=version))
    pub.expect(wire.PUBREC, pid=7)
    pub.send(wire.ack(wire.PUBREL, 7))
    pub.expect(wire.PUBCOMP, pid=7)
    sub.expect_nothing()
    for client in (sub, pub):
        client.leave()
