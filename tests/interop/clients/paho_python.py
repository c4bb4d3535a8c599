"""Paho's Python client, Debian's 1.6, with 3.1.1 and 5.0."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any, Optional

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from .suite import Failure, Suite, topic

WAIT = 20
QUIET = 0.3
V5 = mqtt.MQTTv5


class Client:
    """A Paho client on its own thread, with what it saw as queues."""

    def __init__(self, port: int, version: int, name: str = "", clean: bool = True, will: Optional[tuple] = None):
        self.version = version
        if version == V5:
            self.paho = mqtt.Client(client_id=name, protocol=version)
        else:
            self.paho = mqtt.Client(client_id=name, clean_session=clean, protocol=version)
        self.connected: queue.Queue = queue.Queue()
        self.messages: queue.Queue = queue.Queue()
        self.subscribed: queue.Queue = queue.Queue()
        self.gone = threading.Event()
        self.paho.on_connect = lambda c, u, flags, code, *more: self.connected.put((flags["session present"], code))
        self.paho.on_message = lambda c, u, message: self.messages.put(message)
        self.paho.on_subscribe = lambda c, u, mid, codes, *more: self.subscribed.put(codes)
        self.paho.on_unsubscribe = lambda *arguments: self.subscribed.put(arguments)
        self.paho.on_disconnect = lambda *arguments: self.gone.set()
        if will:
            self.paho.will_set(*will)
        options = {}
        if version == V5:
            options = {"clean_start": clean, "properties": Properties(PacketTypes.CONNECT)}
            options["properties"].SessionExpiryInterval = 0 if clean else 600
        self.paho.connect("127.0.0.1", port, keepalive=30, **options)
        self.paho.loop_start()
        self.session_present, code = self.connected.get(timeout=WAIT)
        if code != 0:
            raise Failure(f"CONNACK with code {code}")

    def subscribe(self, pattern: str, qos: int, **options: Any) -> None:
        if options:
            self.paho.subscribe(pattern, options=SubscribeOptions(qos=qos, **options))
        else:
            self.paho.subscribe(pattern, qos)
        codes = self.subscribed.get(timeout=WAIT)
        got = [c.value if hasattr(c, "value") else c for c in codes]
        if got != [qos]:
            raise Failure(f"SUBACK with {got}")

    def publish(self, name: str, payload: bytes, qos: int, **more: Any) -> None:
        self.paho.publish(name, payload, qos, **more).wait_for_publish(WAIT)

    def expect(self, name: str, payload: bytes, qos: int, retain: bool = False) -> mqtt.MQTTMessage:
        message = self.messages.get(timeout=WAIT)
        got = (message.topic, message.payload, message.qos, bool(message.retain))
        if got != (name, payload, qos, retain):
            raise Failure(f"got {str(got)[:200]}, wanted {str((name, payload, qos, retain))[:200]}")
        return message

    def expect_nothing(self) -> None:
        try:
            message = self.messages.get(timeout=QUIET)
        except queue.Empty:
            return
        raise Failure(f"got {message.topic} {message.payload[:100]}")

    def leave(self) -> None:
        self.paho.disconnect()
        self.gone.wait(WAIT)
        self.paho.loop_stop()

    def die(self) -> None:
        """Ends the connection without DISCONNECT."""
        self.paho.loop_stop(force=True)
        self.paho._sock_close()  # there is no public way to break off


def publishing(port: int, version: int) -> None:
    name, sub, pub = topic("qos"), Client(port, version), Client(port, version)
    sub.subscribe(name, 2)
    for qos in (0, 1, 2):
        for n in range(100):
            pub.publish(name, b"%d" % n, qos)
        for n in range(100):
            sub.expect(name, b"%d" % n, qos)
    pub.publish(name, b"L" * 300_000, 1)
    sub.expect(name, b"L" * 300_000, 1)
    sub.paho.unsubscribe(name)
    sub.subscribed.get(timeout=WAIT)
    pub.publish(name, b"x", 1)
    sub.expect_nothing()
    sub.leave()
    pub.leave()


def retained(port: int, version: int) -> None:
    name, pub = topic("retained"), Client(port, version)
    pub.publish(name, b"kept", 1, retain=True)
    sub = Client(port, version)
    sub.subscribe(name, 1)
    sub.expect(name, b"kept", 1, retain=True)
    pub.publish(name, b"", 1, retain=True)
    sub.expect(name, b"", 1)
    late = Client(port, version)
    late.subscribe(name, 1)
    late.expect_nothing()
    for client in (pub, sub, late):
        client.leave()


def wills(port: int, version: int) -> None:
    name, sub = topic("will"), Client(port, version)
    sub.subscribe(name, 1)
    Client(port, version, will=(name, b"gone", 1, False)).die()
    sub.expect(name, b"gone", 1)
    Client(port, version, will=(name, b"never", 1, False)).leave()
    sub.expect_nothing()
    sub.leave()


def sessions(port: int, version: int) -> None:
    name, client = topic("session"), topic("id")
    sub = Client(port, version, client, clean=False)
    if sub.session_present:
        raise Failure("a session before there was one")
    sub.subscribe(name, 2)
    sub.leave()
    pub = Client(port, version)
    for n in range(10):  # Paho hands a QoS 2 message over when it is released, so the QoS are not mixed
        pub.publish(name, b"%d" % n, 1 + n // 5)
    sub = Client(port, version, client, clean=False)
    if not sub.session_present and version != mqtt.MQTTv31:  # 3.1 does not tell
        raise Failure("no session")
    for n in range(10):
        sub.expect(name, b"%d" % n, 1 + n // 5)
    sub.leave()
    pub.leave()


def properties(port: int) -> None:
    name, sub, pub = topic("properties"), Client(port, V5), Client(port, V5)
    sub.subscribe(name, 1, noLocal=True, retainAsPublished=True)
    props = Properties(PacketTypes.PUBLISH)
    props.ContentType, props.ResponseTopic, props.CorrelationData = "text/x", "re/ply", b"\x00\xff"
    props.PayloadFormatIndicator, props.MessageExpiryInterval = 1, 60
    props.UserProperty = [("b", "1"), ("a", "2"), ("b", "3")]
    began = time.monotonic()
    pub.publish(name, b"x", 1, properties=props, retain=True)
    got = sub.expect(name, b"x", 1, retain=True).properties
    for field in ("ContentType", "ResponseTopic", "CorrelationData", "PayloadFormatIndicator", "UserProperty"):
        if getattr(got, field) != getattr(props, field):
            raise Failure(f"{field} {getattr(got, field)!r}")
    if not 60 - (time.monotonic() - began) - 1 <= got.MessageExpiryInterval <= 60:
        raise Failure(f"expiry {got.MessageExpiryInterval} after {time.monotonic() - began:.1f} s")
    sub.publish(name, b"own", 1)
    sub.expect_nothing()
    pub.publish(name, b"", 1, retain=True)
    sub.leave()
    pub.leave()


def shared(port: int) -> None:
    name, subs, pub = topic("shared"), [Client(port, V5) for _ in range(3)], Client(port, V5)
    for sub in subs:
        sub.subscribe(f"$share/g/{name}", 1)
    for n in range(60):
        pub.publish(name, b"%d" % n, 1)
    deadline = time.monotonic() + WAIT
    while sum(sub.messages.qsize() for sub in subs) < 60 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(QUIET)  # no more than that
    shares = [[int(sub.messages.get().payload) for _ in range(sub.messages.qsize())] for sub in subs]
    if sorted(sum(shares, [])) != list(range(60)):
        raise Failure(f"{sorted(sum(shares, []))}")
    if min(map(len, shares)) < 5:
        raise Failure(f"the members got {[len(share) for share in shares]} of 60")
    for client in [*subs, pub]:
        client.leave()


def run(suite: Suite) -> None:
    for version, label in ((mqtt.MQTTv31, "3.1"), (mqtt.MQTTv311, "3.1.1"), (V5, "5.0")):
        for case in (publishing, retained, wills, sessions):
            suite.case(f"Paho Python {label}: {case.__name__}", case, version)
    suite.case("Paho Python 5.0: properties", properties)
    suite.case("Paho Python 5.0: shared", shared)
