"""SUBSCRIBE, UNSUBSCRIBE, filters and what they do: chapters 3.8 to 3.11 and 3.3.4."""

from harness import wire
from harness.client import equal, require
from harness.registry import BOTH, EVERY, V3, V5, case

from .filters import collect_until


# ---------------------------------------------------------------- SUBACK and UNSUBACK

@case(EVERY)
def suback_has_the_id_and_a_code_for_each_filter(t):
    # [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.9.3-2]
    # [MQTT-2.2.1-6] [MQTT-3.8.4-1 v3] [MQTT-3.8.4-2 v3] [MQTT-3.8.4-4 v3] [MQTT-3.8.4-5 v3] [MQTT-3.9.3-1 v3]
    # [MQTT-3.9.3-2 v3] [MQTT-2.3.1-7 v3]
    c = t.client()
    for pid in (1, 255, 256, 65535):
        c.send(wire.subscribe(pid, [(t.topic("a"), 2), (t.topic("b"), 0), (t.topic("c"), 1)], t.version))
        c.expect(wire.SUBACK, pid=pid, codes=[2, 0, 1])
    for name, qos in (("a", 2), ("b", 0), ("c", 1)):
        c.publish(t.topic(name), name, qos=2)
        c.receive(t.topic(name), name, qos=qos)


@case(EVERY)
def unsuback_always_comes(t):
    # [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.11.3-1] [MQTT-3.11.3-2] [MQTT-3.10.4-6] [MQTT-3.10.4-1] [MQTT-2.2.1-6]
    # [MQTT-3.10.4-4 v3] [MQTT-3.10.4-5 v3] [MQTT-3.10.4-6 v3] [MQTT-2.3.1-7 v3]
    c = t.client()
    c.subscribe(t.topic("a"), t.topic("b"))
    c.send(wire.unsubscribe(99, [t.topic("never"), t.topic("b"), t.topic("b")], t.version))
    c.expect(wire.UNSUBACK, pid=99, codes=[0x11, 0, 0x11] if t.v5 else [])
    c.send(wire.unsubscribe(100, [t.topic("never")], t.version))
    c.expect(wire.UNSUBACK, pid=100, codes=[0x11] if t.v5 else [])
    c.publish(t.topic("b"), "gone")
    c.publish(t.topic("a"), "still here")
    c.receive(t.topic("a"), "still here")
    c.expect_nothing()


@case(EVERY)
def unsubscribe_stops_new_messages(t):
    # [MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT-3.10.4-1 v3] [MQTT-3.10.4-2 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("#"), qos=1)
    pub.publish(t.topic("x"), "before", qos=1)
    sub.receive(payload="before")
    sub.unsubscribe(t.topic("#"))
    pub.publish(t.topic("x"), "after", qos=1)
    sub.expect_nothing()


@case(BOTH)
def unsubscribe_compares_letter_by_letter(t):
    # [MQTT-3.10.4-1] [MQTT-3.10.4-1 v3]
    c = t.client()
    c.subscribe(t.topic("a/+"))
    for other in (t.topic("a/#"), t.topic("a/b"), t.topic("+/+"), t.topic("A/+"), t.topic("a/+/")):
        c.unsubscribe(other, code=0x11)
    c.publish(t.topic("a/b"), "still here")
    c.receive(t.topic("a/b"), "still here")


@case(BOTH)
def unsubscribe_completes_what_was_begun(t):
    # [MQTT-3.10.4-3] [MQTT-3.10.4-3 v3]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "begun 2", qos=2)
    pub.publish(t.topic(), "begun 1", qos=1)
    second, first = sub.receive(payload="begun 2", answer=False), sub.receive(payload="begun 1", answer=False)
    sub.unsubscribe(t.topic())
    sub.drop()
    sub = t.keeper()
    sub.receive(payload="begun 2", pid=second.pid, dup=True)
    sub.receive(payload="begun 1", pid=first.pid, dup=True)


@case(BOTH)
def no_filter_is_a_protocol_error(t):
    # [MQTT-3.8.3-2] [MQTT-3.10.3-2] [MQTT-3.8.3-3 v3] [MQTT-3.10.3-2 v3]
    for packet in (wire.subscribe(1, [], t.version), wire.unsubscribe(1, [], t.version)):
        c = t.client()
        c.send(packet)
        c.expect_refusal(0x82)


@case(BOTH)
def header_bits_of_subscribe_and_unsubscribe(t):
    # [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.8.1-1 v3] [MQTT-3.10.1-1 v3]
    for flags in (0, 1, 3, 6, 10):
        for packet in (wire.subscribe(1, [(t.topic(), 0)], t.version, flags=flags),
                       wire.unsubscribe(1, [t.topic()], t.version, flags=flags)):
            c = t.client()
            c.send(packet)
            c.expect_refusal(0x81)


@case(V3)
def reserved_bits_of_the_requested_qos(t):
    # [MQTT-3-8.3-4 v3]
    for byte in (3, 4, 8, 0x10, 0x80, 0xFC):
        c = t.client()
        c.send(wire.subscribe(1, [(t.topic(), byte)], t.version))
        c.expect_closed()


@case(V5)
def reserved_bits_of_subscription_options(t):
    # [MQTT-3.8.3-5]
    for byte in (0x40, 0x80, 0xC0):
        c = t.client()
        c.send(wire.subscribe(1, [(t.topic(), byte)]))
        c.expect_refusal(0x81)
    for byte in (0x03, 0x30):  # QoS 3 and Retain Handling 3: Protocol Errors
        c = t.client()
        c.send(wire.subscribe(1, [(t.topic(), byte)]))
        c.expect_refusal(0x81, 0x82)


# ---------------------------------------------------------------- replacing and overlapping

@case(EVERY)
def subscribing_again_replaces(t):
    # [MQTT-3.8.4-3] [MQTT-3.8.4-3 v3]
    sub, pub = t.client(), t.client()
    for qos in (0, 2, 1, 0):
        sub.subscribe(t.topic(), qos=qos)
        pub.publish(t.topic(), f"{qos}", qos=2)
        sub.receive(t.topic(), f"{qos}", qos=qos)
    sub.expect_nothing()  # never twice
    sub.unsubscribe(t.topic())
    pub.publish(t.topic(), "x", qos=1)
    sub.expect_nothing()


@case(BOTH)
def nothing_is_lost_while_replacing(t):
    # [MQTT-3.8.4-4] [MQTT-3.8.4-3 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=1)
    got = []
    for n in range(60):
        pub.send(wire.publish(t.topic(), f"{n}", 1, n + 1, version=t.version))
        if n % 10 == 5:
            sub.send(wire.subscribe(n + 1, [(t.topic(), 1)], t.version))
    while len(got) < 60:
        packet = sub.read()
        if packet.type == wire.PUBLISH:
            got.append(int(packet.payload))
            sub.send(wire.ack(wire.PUBACK, packet.pid))
    equal(got, list(range(60)), "messages")


@case(BOTH)
def overlapping_subscriptions(t):
    # One message with the highest QoS, or one for each subscription.  [MQTT-3.3.4-2] [MQTT-3.3.5-1 v3] [MQTT-3.8.4-8]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("a/#"), qos=2)
    sub.subscribe(t.topic("a/+"), qos=1)
    sub.subscribe(t.topic("+/b"), qos=0)
    sub.subscribe(t.topic("end"), qos=2)
    for qos in (0, 1, 2):
        pub.publish(t.topic("a/b"), f"{qos}", qos=qos)
        pub.publish(t.topic("a/b"), "acknowledged, so the one before it is on its way", qos=1)
        pub.publish(t.topic("end"), "", qos=2)
        got = [p for p in collect_until(sub, t.topic("end")) if p.payload == f"{qos}".encode()]
        qualities = sorted(p.qos for p in got)
        require(qualities in ([qos], sorted(min(qos, g) for g in (0, 1, 2))), f"QoS {qos} came as {qualities}")


@case(V5)
def subscription_identifiers(t):
    # [MQTT-3.3.4-3] [MQTT-3.3.4-4] [MQTT-3.3.4-5]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("a/#"), qos=1, props={"subscription_id": 1})
    sub.subscribe(t.topic("a/+"), qos=1, props={"subscription_id": 268_435_455})
    sub.subscribe(t.topic("+/b"), qos=1)
    sub.subscribe(t.topic("end"), qos=1, props={"subscription_id": 128})
    for topic, wanted in (("a/b", [1, 268_435_455]), ("a/b/c", [1]), ("x/b", [])):
        pub.publish(t.topic(topic), "x", qos=1)
        pub.publish(t.topic("end"), "", qos=1)
        got = collect_until(sub, t.topic("end"))
        ids = [i for p in got for i in p.props.get("subscription_id", [])]
        equal(sorted(ids), wanted, f"identifiers for {topic}")
        if len(got) == 1:
            continue
        require(all(len(p.props.get("subscription_id", [])) <= 1 for p in got), f"identifiers of several copies: {got}")


@case(V5)
def subscription_identifier_is_replaced_with_the_subscription(t):
    # [MQTT-3.8.4-3] [MQTT-3.3.4-3]
    c = t.client()
    for props, wanted in (({"subscription_id": 5}, [5]), ({"subscription_id": 6}, [6]), (None, None)):
        c.subscribe(t.topic(), props=props)
        c.publish(t.topic(), "x")
        equal(c.receive(t.topic()).props.get("subscription_id"), wanted, "identifier")


@case(V5)
def subscription_identifier_0_and_twice(t):
    # Protocol Errors (3.8.2.1.2).  [MQTT-4.13.1-1]
    for props in ({"subscription_id": 0}, {"subscription_id": [1, 2]}):
        c = t.client()
        c.send(wire.subscribe(1, [(t.topic(), 0)], props=props))
        c.expect_refusal(0x82)


@case(V5)
def subscription_identifier_from_a_client_in_publish(t):
    # [MQTT-3.3.4-6]
    c = t.client()
    c.send(wire.publish(t.topic(), "x", props={"subscription_id": 1}))
    c.expect_refusal(0x82)


@case(V5)
def no_local(t):
    # [MQTT-3.8.3-3]
    c, other = t.client(), t.client()
    c.subscribe(t.topic(), qos=1, no_local=True)
    other.subscribe(t.topic(), qos=1)
    c.publish(t.topic(), "mine", qos=1)
    other.receive(t.topic(), "mine")
    other.publish(t.topic(), "theirs", qos=1)
    c.receive(t.topic(), "theirs")
    c.expect_nothing()


@case(EVERY)
def own_messages_come_back_without_no_local(t):
    # [MQTT-3.8.3-3]
    c = t.client()
    c.subscribe(t.topic(), qos=1)
    c.publish(t.topic(), "mine", qos=1)
    c.receive(t.topic(), "mine")


@case(V5)
def user_properties_of_subscribe_are_fine(t):
    # [MQTT-2.2.2-1]
    c = t.client()
    c.subscribe(t.topic(), props={"user": [("a", "b"), ("a", "b")]})
    c.send(wire.unsubscribe(9, [t.topic()], props={"user": [("a", "b")]}))
    c.expect(wire.UNSUBACK, pid=9, codes=[0])


@case(BOTH, options=["--mqtt.subscribe.deny=secret/#"])
def denied_filters_are_refused_one_by_one(t):
    # [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.9.3-2] [MQTT-3.8.4-5 v3] [MQTT-3.9.3-2 v3]
    c, pub = t.client(), t.client()
    no = 0x87 if t.v5 else 0x80
    c.send(wire.subscribe(5, [(t.topic("a"), 1), ("secret/x", 1), ("secret/#", 0), (t.topic("b"), 2)], t.version))
    c.expect(wire.SUBACK, pid=5, codes=[1, no, no, 2])
    pub.publish("secret/x", "hidden", qos=1)
    pub.publish(t.topic("a"), "seen", qos=1)
    c.receive(t.topic("a"), "seen")
    c.expect_nothing()


@case(V5)
def many_subscribers_one_message(t):
    # [MQTT-4.5.0-1] [MQTT-3.3.2-3]
    subs = [t.client(version=(wire.V31, wire.V311, wire.V5)[n % 3]) for n in range(30)]
    for n, sub in enumerate(subs):
        sub.subscribe(t.topic("+") if n % 2 else t.topic("x"), qos=n % 3)
    pub = t.client()
    for qos in (0, 1, 2):
        pub.publish(t.topic("x"), f"{qos}", qos=qos)
        for n, sub in enumerate(subs):
            sub.receive(t.topic("x"), f"{qos}", qos=min(qos, n % 3))
