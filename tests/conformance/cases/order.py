"""The order of messages: chapter 4.6."""

from harness import wire
from harness.client import equal
from harness.registry import BOTH, case


@case(BOTH)
def order_of_a_publisher_is_kept(t):
    # [MQTT-4.6.0-5] [MQTT-4.6.0-6] [MQTT-4.6.0-5 v3] [MQTT-4.6.0-6 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("+"), qos=2)
    for qos in (0, 1, 2):
        count, window = 300, 20
        for first in range(0, count, window):
            pub.send(*[wire.publish(t.topic(f"q{qos}"), f"{n}", qos, n + 1 if qos else None, version=t.version)
                       for n in range(first, first + window)])
            for n in range(first, first + window):
                if qos == 1:
                    pub.expect(wire.PUBACK, pid=n + 1)
                elif qos == 2:
                    pub.expect_ack(wire.PUBREC, pid=n + 1)
            if qos == 2:
                pub.send(*[wire.ack(wire.PUBREL, n + 1) for n in range(first, first + window)])
                for n in range(first, first + window):
                    pub.expect(wire.PUBCOMP, pid=n + 1)
        expected = 0
        open_releases = []
        while expected < count or open_releases:
            packet = sub.read()
            if packet.type == wire.PUBREL:
                open_releases.remove(packet.pid)
                sub.send(wire.ack(wire.PUBCOMP, packet.pid))
                continue
            equal((packet.topic, packet.payload), (t.topic(f"q{qos}"), b"%d" % expected), "next message")
            expected += 1
            if qos == 1:
                sub.send(wire.ack(wire.PUBACK, packet.pid))
            elif qos == 2:
                open_releases.append(packet.pid)
                sub.send(wire.ack(wire.PUBREC, packet.pid))


@case(BOTH)
def order_holds_for_every_publisher(t):
    # [MQTT-4.6.0-5] [MQTT-4.6.0-6 v3]
    sub = t.client()
    sub.subscribe(t.topic(), qos=1)
    pubs = [t.client() for _ in range(4)]
    for n in range(100):
        for who, pub in enumerate(pubs):
            pub.send(wire.publish(t.topic(), f"{who} {n}", 1, n + 1, version=t.version))
    last = {}
    for _ in range(400):
        who, n = map(int, sub.receive(t.topic()).payload.split())
        equal(n, last.get(who, -1) + 1, f"next message of publisher {who}")
        last[who] = n


@case(BOTH)
def order_holds_while_the_subscriber_comes_and_goes(t):
    # [MQTT-4.6.0-6] [MQTT-4.6.0-6 v3] [MQTT-4.5.0-1] [MQTT-4.5.0-1 v3]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sent, expected = 0, 0
    for _ in range(5):
        for _ in range(10):
            pub.publish(t.topic(), f"{sent}", qos=1)
            sent += 1
        while expected < sent - 5:
            sub.receive(t.topic(), f"{expected}")
            expected += 1
        sub.ping()
        sub.drop()
        for _ in range(10):
            pub.publish(t.topic(), f"{sent}", qos=1)
            sent += 1
        sub = t.keeper()
    while expected < sent:
        sub.receive(t.topic(), f"{expected}")
        expected += 1
    sub.expect_nothing()
