"""Retained messages: chapters 3.3.1.3 and 3.8.3.1."""

import time

from harness import wire
from harness.client import equal, require_left
from harness.registry import BOTH, EVERY, V3, V5, case


@case(EVERY)
def retained_message_is_sent_to_new_subscribers(t):
    # [MQTT-3.3.1-5] [MQTT-3.3.1-9] [MQTT-3.3.1-5 v3] [MQTT-3.3.1-6 v3] [MQTT-3.3.1-8 v3]
    pub, witness = t.client(), t.client()
    for qos in (0, 1, 2):
        witness.subscribe(t.topic(f"{qos}"))
        pub.publish(t.topic(f"{qos}"), f"kept {qos}", qos=qos, retain=True)
        witness.receive(t.topic(f"{qos}"), f"kept {qos}")  # QoS 0 is not acknowledged
        sub = t.client()
        sub.subscribe(t.topic(f"{qos}"), qos=2)
        sub.receive(t.topic(f"{qos}"), f"kept {qos}", qos=qos, retain=True, dup=False)


@case(BOTH)
def retained_qos_is_capped_by_the_subscription(t):
    # [MQTT-3.8.4-8] [MQTT-3.8.4-6 v3]
    pub, sub = t.client(), t.client()
    pub.publish(t.topic(), "x", qos=2, retain=True)
    for qos in (0, 1, 2):
        sub.subscribe(t.topic(), qos=qos)
        sub.receive(t.topic(), "x", qos=qos, retain=True)


@case(EVERY)
def live_message_has_no_retain_flag(t):
    # [MQTT-3.3.1-12] [MQTT-3.3.1-9 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic())
    pub.publish(t.topic(), "live", retain=True)
    sub.receive(t.topic(), "live", retain=False)


@case(V5)
def retain_as_published(t):
    # [MQTT-3.3.1-12] [MQTT-3.3.1-13]
    plain, faithful, pub = t.client(), t.client(), t.client()
    plain.subscribe(t.topic())
    faithful.subscribe(t.topic(), retain_as_published=True)
    for retain in (True, False):
        pub.publish(t.topic(), f"{retain}", retain=retain)
        plain.receive(t.topic(), f"{retain}", retain=False)
        faithful.receive(t.topic(), f"{retain}", retain=retain)


@case(V5)
def retained_at_subscribe_has_the_flag_whatever_retain_as_published(t):
    # [MQTT-3.3.1-9]
    t.client().publish(t.topic(), "x", qos=1, retain=True)
    for flag in (False, True):
        sub = t.client()
        sub.subscribe(t.topic(), retain_as_published=flag)
        sub.receive(t.topic(), "x", retain=True)


@case(BOTH)
def newer_retained_message_replaces_the_older(t):
    # [MQTT-3.3.1-5] [MQTT-3.3.1-5 v3]
    sub, pub = t.client(), t.client()
    pub.publish(t.topic(), "old", qos=2, retain=True)
    pub.publish(t.topic(), "new", qos=1, retain=True)
    sub.subscribe(t.topic(), qos=2)
    sub.receive(t.topic(), "new", qos=1, retain=True)
    sub.expect_nothing()


@case(BOTH)
def qos_0_replaces_a_retained_message_too(t):
    # [MQTT-3.3.1-5] [MQTT-3.3.1-7 v3]
    sub, pub, witness = t.client(), t.client(), t.client()
    pub.publish(t.topic(), "old", qos=1, retain=True)
    witness.subscribe(t.topic())
    witness.receive(t.topic(), "old", retain=True)
    pub.publish(t.topic(), "new", qos=0, retain=True)
    witness.receive(t.topic(), "new")  # QoS 0 is not acknowledged
    sub.subscribe(t.topic(), qos=1)
    sub.receive(t.topic(), "new", qos=0, retain=True)
    sub.expect_nothing()


@case(EVERY)
def empty_payload_removes(t):
    # [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT-3.3.1-10 v3] [MQTT-3.3.1-11 v3]
    live, pub, late = t.client(), t.client(), t.client()
    pub.publish(t.topic(), "x", qos=1, retain=True)
    live.subscribe(t.topic(), qos=1)
    live.receive(t.topic(), "x")
    pub.publish(t.topic(), "", qos=1, retain=True)
    live.receive(t.topic(), "", retain=False)  # processed normally
    late.subscribe(t.topic(), qos=1)
    late.expect_nothing()


@case(BOTH)
def message_without_the_flag_changes_nothing(t):
    # [MQTT-3.3.1-8] [MQTT-3.3.1-12 v3]
    sub, other, pub = t.client(), t.client(), t.client()
    pub.publish(t.topic("a"), "kept", qos=1, retain=True)
    pub.publish(t.topic("a"), "passing", qos=1)
    pub.publish(t.topic("a"), "", qos=1)
    pub.publish(t.topic("b"), "passing", qos=1)
    sub.subscribe(t.topic("a"))
    sub.receive(t.topic("a"), "kept", retain=True)
    other.subscribe(t.topic("b"))
    other.expect_nothing()


@case(BOTH)
def retained_outlives_its_publisher(t):
    # [MQTT-3.1.2.7 v3] [MQTT-3.3.1-5]
    pub = t.client("k")
    pub.publish(t.topic(), "kept", qos=1, retain=True)
    pub.leave()
    t.client("k").leave()
    sub = t.client()
    sub.subscribe(t.topic())
    sub.receive(t.topic(), "kept", retain=True)


@case(BOTH)
def wildcards_find_every_retained_message(t):
    # [MQTT-3.3.1-9] [MQTT-3.3.1-6 v3]
    pub = t.client()
    topics = [t.topic(f"{a}/{b}") for a in "xyz" for b in range(20)]
    for topic in topics:
        pub.publish(topic, topic, qos=1, retain=True)
    for pattern, wanted in ((t.topic("#"), topics), (t.topic("+/7"), [x for x in topics if x.endswith("/7")]),
                            (t.topic("y/+"), topics[20:40]), (t.topic("y/#"), topics[20:40])):
        sub = t.client()
        sub.subscribe(pattern)
        got = [sub.receive(retain=True) for _ in wanted]
        equal(sorted(p.topic for p in got), sorted(wanted), f"topics for {pattern}")
        equal([p.payload.decode() for p in got], [p.topic for p in got], "payloads")
        sub.expect_nothing()


@case(V3)
def subscribing_again_sends_retained_again(t):
    # [MQTT-3.8.4-3 v3] [MQTT-3.3.1-6 v3]
    sub = t.client()
    t.client().publish(t.topic(), "x", qos=1, retain=True)
    for _ in range(3):
        sub.subscribe(t.topic(), qos=1)
        sub.receive(t.topic(), "x", retain=True)


@case(V5)
def retain_handling_0_sends_at_every_subscribe(t):
    # [MQTT-3.3.1-9] [MQTT-3.8.4-4]
    sub = t.client()
    t.client().publish(t.topic(), "x", qos=1, retain=True)
    for _ in range(3):
        sub.subscribe(t.topic(), retain_handling=0)
        sub.receive(t.topic(), "x", retain=True)


@case(V5)
def retain_handling_1_sends_to_new_subscriptions(t):
    # [MQTT-3.3.1-10]
    sub = t.keeper()
    t.client().publish(t.topic(), "x", qos=1, retain=True)
    sub.subscribe(t.topic(), retain_handling=1)
    sub.receive(t.topic(), "x", retain=True)
    sub.subscribe(t.topic(), retain_handling=1, qos=1)
    sub.expect_nothing()
    sub.leave()
    sub = t.keeper()
    sub.subscribe(t.topic(), retain_handling=1)
    sub.expect_nothing()  # the subscription existed in the session
    sub.unsubscribe(t.topic())
    sub.subscribe(t.topic(), retain_handling=1)
    sub.receive(t.topic(), "x", retain=True)


@case(V5)
def retain_handling_2_never_sends(t):
    # [MQTT-3.3.1-11]
    sub, pub = t.client(), t.client()
    pub.publish(t.topic(), "x", qos=1, retain=True)
    sub.subscribe(t.topic(), retain_handling=2)
    sub.expect_nothing()
    pub.publish(t.topic(), "live", qos=1)
    sub.receive(t.topic(), "live")


@case(V5)
def retain_handling_is_of_each_filter(t):
    # [MQTT-3.3.1-9] [MQTT-3.3.1-11] [MQTT-3.8.4-5]
    sub, pub = t.client(), t.client()
    pub.publish(t.topic("yes"), "y", qos=1, retain=True)
    pub.publish(t.topic("no"), "n", qos=1, retain=True)
    sub.send(wire.subscribe(5, [(t.topic("no"), wire.sub_options(retain_handling=2)), (t.topic("yes"), 0)]))
    sub.expect_ack(wire.SUBACK, pid=5, codes=[0, 0])
    sub.receive(t.topic("yes"), "y", retain=True)
    sub.expect_nothing()


@case(V5)
def retained_properties_are_kept(t):
    # [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
    props = {"payload_format": 1, "content_type": "text/x", "response_topic": "r/t", "correlation_data": b"\x00\xff",
             "user": [("b", "1"), ("a", "2"), ("b", "1")]}
    t.client().publish(t.topic(), "x", qos=1, retain=True, props=props)
    sub = t.client()
    sub.subscribe(t.topic(), props={"subscription_id": 5})
    sub.receive(t.topic(), "x", retain=True, props={**props, "subscription_id": [5]})


@case(V5)
def retained_message_expires(t):
    # [MQTT-3.3.2-5] [MQTT-3.3.2-6]
    pub = t.client()
    pub.publish(t.topic("short"), "x", qos=1, retain=True, props={"message_expiry": 1})
    began = time.monotonic()
    pub.publish(t.topic("long"), "y", qos=1, retain=True, props={"message_expiry": 100})
    t.sleep(2.3)
    sub = t.client()
    sub.subscribe(t.topic("+"))
    require_left(sub.receive(t.topic("long"), "y").props["message_expiry"], 100, began, 98)
    sub.expect_nothing()


@case(BOTH)
def no_retained_message_is_lost_among_many_publishers(t):
    # The last one stands for publishers and subscribers alike.  [MQTT-3.3.1-5] [MQTT-3.3.1-5 v3]
    watcher, pubs = t.client(), [t.client() for _ in range(4)]
    watcher.subscribe(t.topic(), qos=1)
    for n in range(25):
        for who, pub in enumerate(pubs):
            pub.send(wire.publish(t.topic(), f"{who} {n}", 1, n + 1, retain=True, version=t.version))
    last = [watcher.receive(t.topic()).payload for _ in range(100)][-1]
    for pub in pubs:
        for _ in range(25):
            pub.expect(wire.PUBACK)
    sub = t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.receive(t.topic(), last, retain=True)


@case(BOTH, own=True)
def retained_survives_a_restart(t):
    # [MQTT-3.1.2.7 v3] [MQTT-3.3.1-5]
    pub = t.client()
    more = {"props": {"user": [("a", "b")]}} if t.v5 else {}
    for n in range(50):
        pub.publish(t.topic(f"{n}"), f"{n}", qos=1, retain=True, **more)
    for n in range(0, 50, 2):
        pub.publish(t.topic(f"{n}"), "", qos=1, retain=True)
    t.broker.restart()
    sub = t.client()
    sub.subscribe(t.topic("+"), qos=1)
    got = [sub.receive(retain=True, qos=1) for _ in range(25)]
    equal(sorted(int(p.payload) for p in got), list(range(1, 50, 2)), "retained messages")
    if t.v5:
        equal(got[0].props.get("user"), [("a", "b")], "user properties")
    sub.expect_nothing()
