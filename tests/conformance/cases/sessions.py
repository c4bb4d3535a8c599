"""Sessions: what is kept, for how long, and what comes back. Chapters 3.1.2.4, 3.1.2.11.2, 4.1."""

from harness import wire
from harness.client import equal, require
from harness.registry import BOTH, EVERY, V3, V5, case


@case(EVERY)
def kept_session_keeps_its_subscriptions(t):
    # [MQTT-3.1.2-5] [MQTT-3.1.2-23] [MQTT-3.2.2-3] [MQTT-3.1.2-4 v3] [MQTT-3.2.2-2 v3] [MQTT-3.1.3-2] [MQTT-3.1.3-2 v3]
    sub = t.keeper()
    equal(sub.connack.session_present, False, "session present at first")
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    sub = t.keeper()
    if t.version != wire.V31:
        equal(sub.connack.session_present, True, "session present")
    t.client().publish(t.topic(), "x", qos=1)
    sub.receive(t.topic(), "x")


@case(EVERY)
def messages_wait_for_a_kept_session(t):
    # [MQTT-3.1.2-5 v3] [MQTT-4.5.0-1] [MQTT-4.5.0-1 v3] [MQTT-3.1.2-5]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic("+"), qos=2)
    sub.leave()
    for n in range(6):
        pub.publish(t.topic("a"), f"{n}", qos=1 + n % 2)
    sub = t.keeper()
    for n in range(6):
        sub.receive(t.topic("a"), f"{n}", qos=1 + n % 2, dup=False)
    sub.expect_nothing()


@case(BOTH)
def messages_wait_when_the_connection_breaks(t):
    # [MQTT-3.1.2-5 v3] [MQTT-3.1.2-23]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.abort()
    for n in range(5):
        pub.publish(t.topic(), f"{n}", qos=1)
    sub = t.keeper()
    for n in range(5):
        sub.receive(t.topic(), f"{n}", qos=1)


@case(EVERY)
def clean_session_starts_anew(t):
    # [MQTT-3.1.2-4] [MQTT-3.2.2-2] [MQTT-3.1.4-4] [MQTT-3.1.2-6 v3] [MQTT-3.2.2-1 v3] [MQTT-3.1.4-3 v3]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    pub.publish(t.topic(), "queued", qos=1)
    sub = t.client("k", clean=True)
    equal(sub.connack.session_present, False, "session present")
    sub.expect_nothing()
    pub.publish(t.topic(), "live", qos=1)
    sub.expect_nothing()


@case(BOTH)
def clean_session_ends_with_its_connection(t):
    # [MQTT-3.1.2-6 v3] [MQTT-4.1.0-2] [MQTT-3.1.2-6] [MQTT-3.2.2-3] [MQTT-3.2.2-3 v3]
    sub = t.client("k")
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    t.client().publish(t.topic(), "x", qos=1)
    sub = t.keeper()
    equal(sub.connack.session_present, False, "session present")
    sub.expect_nothing()


@case(V5)
def clean_start_with_expiry_is_kept(t):
    # Clean Start discards what was, it does not say how long the new session lives.  [MQTT-3.1.2-23]
    t.keeper(clean=True).leave()
    equal(t.keeper().connack.session_present, True, "session present")


@case(V5)
def session_without_expiry_ends_at_once(t):
    # [MQTT-4.1.0-2] [MQTT-3.2.2-3]
    for props in (None, {"session_expiry": 0}):
        sub = t.client("k", clean=False, props=props)
        sub.subscribe(t.topic(), qos=1)
        sub.drop()
        equal(t.client("k", clean=False).connack.session_present, False, "session present")


@case(V5)
def session_expires(t):
    # [MQTT-4.1.0-2] [MQTT-3.1.2-23]
    t.keeper("short", seconds=1).drop()
    t.keeper("long", seconds=60).drop()
    t.keeper("never", seconds=0xFFFFFFFF).drop()
    t.sleep(2.5)
    equal(t.keeper("short").connack.session_present, False, "session present after its expiry")
    equal(t.keeper("long").connack.session_present, True, "session present before its expiry")
    equal(t.keeper("never").connack.session_present, True, "session present without expiry")


@case(V5)
def expiry_counts_from_the_end_of_the_connection(t):
    # The session state stays while the connection is open.  [MQTT-4.1.0-1] [MQTT-3.1.2-23]
    sub = t.keeper(seconds=4)
    sub.subscribe(t.topic(), qos=1)
    t.sleep(5.5)
    t.client().publish(t.topic(), "x", qos=1)
    sub.receive(t.topic(), "x")
    sub.drop()
    equal(t.keeper().connack.session_present, True, "session present")


@case(V5)
def new_connection_sets_the_expiry_anew(t):
    # [MQTT-3.1.2-23] [MQTT-4.1.0-2]
    t.keeper(seconds=4).drop()
    again = t.keeper(seconds=600)
    equal(again.connack.session_present, True, "session present before its first expiry")
    again.drop()
    t.sleep(5.5)
    sub = t.keeper(seconds=0)
    equal(sub.connack.session_present, True, "session present")
    sub.drop()
    equal(t.keeper().connack.session_present, False, "session present after expiry 0")


@case(V5)
def session_changes_hands_between_versions(t):
    # [MQTT-3.1.2-5] [MQTT-3.1.2-4 v3] [MQTT-3.1.3-2]
    sub = t.keeper(version=wire.V311)
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    t.client().publish(t.topic(), "a", qos=1, props={"content_type": "c"})
    sub = t.keeper()
    equal(sub.connack.session_present, True, "session present")
    sub.receive(t.topic(), "a")
    sub.leave()
    t.client().publish(t.topic(), "b", qos=1, props={"content_type": "c"})
    t.keeper(version=wire.V311).receive(t.topic(), "b")


@case(V5)
def subscription_options_are_part_of_the_session(t):
    # [MQTT-3.1.2-5] [MQTT-3.8.3-3] [MQTT-3.3.1-13] [MQTT-3.3.4-3]
    sub = t.keeper()
    sub.subscribe(t.topic("nl"), no_local=True, qos=1)
    sub.subscribe(t.topic("rap"), retain_as_published=True, qos=1, props={"subscription_id": 77})
    sub.leave()
    sub = t.keeper()
    sub.publish(t.topic("nl"), "own", qos=1)
    t.client().publish(t.topic("rap"), "kept flag", qos=1, retain=True)
    sub.receive(t.topic("rap"), "kept flag", retain=True, props={"subscription_id": [77]})


@case(V5)
def queued_messages_keep_their_properties(t):
    # [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-4]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    props = {"payload_format": 1, "content_type": "text/x", "response_topic": "r/t", "correlation_data": b"\x00\xff",
             "user": [("b", "1"), ("a", "2"), ("b", "1")]}
    pub.publish(t.topic(), "x", qos=1, props=props)
    t.keeper().receive(t.topic(), "x", props=props)


@case(BOTH)
def other_sessions_are_not_touched(t):
    # State belongs to the client identifier, to the letter.  [MQTT-3.1.3-2] [MQTT-3.1.3-2 v3]
    for name in ("id", "Id", "id ", "id/", "\u00e9", "e\u0301", "id#"):
        sub = t.keeper(name)
        equal(sub.connack.session_present, False, f"session present of {name!r}")
        sub.subscribe(t.topic(), qos=1)
        sub.leave()
    for name in ("id", "Id", "\u00e9"):
        require(t.keeper(name).connack.session_present, f"session of {name!r}")


@case(BOTH)
def many_messages_wait(t):
    # [MQTT-3.1.2-5 v3] [MQTT-4.5.0-1]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    for first in range(0, 2000, 100):
        pub.send(*[wire.publish(t.topic(), f"{n}", 1, n + 1, version=t.version) for n in range(first, first + 100)])
        for _ in range(100):
            pub.expect(wire.PUBACK)
    sub = t.keeper()
    for n in range(2000):
        sub.receive(t.topic(), f"{n}")
    sub.expect_nothing()


# ---------------------------------------------------------------- across a restart of the broker

@case(BOTH, own=True)
def session_survives_a_restart(t):
    # [MQTT-3.1.2-23] [MQTT-3.1.2-4 v3] [MQTT-4.1.0-1 v3] [MQTT-3.1.2-5 v3] [MQTT-4.4.0-1]
    sub, pub = t.keeper("sub"), t.keeper("pub")
    sub.subscribe(t.topic("+"), qos=2)
    pub.publish(t.topic("a"), "in flight", qos=1)
    first = sub.receive(t.topic("a"), "in flight", answer=False)
    pub.publish(t.topic("b"), "released", qos=2)
    second = sub.receive(t.topic("b"), "released", answer=False)
    sub.send(wire.ack(wire.PUBREC, second.pid))
    sub.expect(wire.PUBREL, pid=second.pid)
    sub.drop()
    pub.publish(t.topic("c"), "queued", qos=2)
    pub.send(wire.publish(t.topic("d"), "half", 2, 999, version=t.version))
    pub.expect(wire.PUBREC, pid=999)
    t.broker.restart()
    pub = t.keeper("pub")
    equal(pub.connack.session_present, True, "session present of the publisher")
    pub.send(wire.publish(t.topic("d"), "half", 2, 999, dup=True, version=t.version))
    pub.expect(wire.PUBREC, pid=999)
    pub.send(wire.ack(wire.PUBREL, 999))
    pub.expect(wire.PUBCOMP, pid=999)
    sub = t.keeper("sub")
    equal(sub.connack.session_present, True, "session present of the subscriber")
    seen = []
    while len(seen) < 4:
        packet = sub.read()
        seen.append((packet.type, packet.pid, packet.payload))
        if packet.type == wire.PUBREL:
            sub.send(wire.ack(wire.PUBCOMP, packet.pid))
        elif packet.qos == 1:
            sub.send(wire.ack(wire.PUBACK, packet.pid))
        else:
            sub.send(wire.ack(wire.PUBREC, packet.pid))
            sub.expect_ack(wire.PUBREL, pid=packet.pid)
            sub.send(wire.ack(wire.PUBCOMP, packet.pid))
    require((wire.PUBLISH, first.pid, b"in flight") in seen, f"the message in flight: {seen}")
    require((wire.PUBREL, second.pid, None) in seen, f"the released message: {seen}")
    payloads = [s[2] for s in seen if s[2]]
    equal(sorted(payloads), [b"half", b"in flight", b"queued"], "messages after the restart")
    sub.expect_nothing()
    pub.publish(t.topic("e"), "subscribed still", qos=1)
    sub.receive(t.topic("e"), "subscribed still")


@case(V5, own=True)
def expiry_runs_on_while_the_broker_is_down(t):
    # [MQTT-4.1.0-2]
    t.keeper("short", seconds=1).drop()
    t.keeper("long", seconds=600).drop()
    t.broker.stop()
    t.sleep(2.5)
    t.broker.start()
    equal(t.keeper("short").connack.session_present, False, "session present after its expiry")
    equal(t.keeper("long").connack.session_present, True, "session present before its expiry")


@case(BOTH, own=True)
def clean_sessions_do_not_survive(t):
    # [MQTT-3.1.2-6 v3] [MQTT-4.1.0-2]
    c = t.client("k")
    c.subscribe(t.topic(), qos=1)
    t.broker.restart()
    c = t.keeper()
    equal(c.connack.session_present, False, "session present")


@case(V3, options=["--mqtt.session.expiry.max=1s"])
def expiry_cap_holds_for_3_1_1(t):
    t.keeper().leave()
    t.sleep(2.5)
    equal(t.keeper().connack.session_present, False, "session present")
