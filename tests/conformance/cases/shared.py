"""Shared subscriptions: chapter 4.8.2."""

from collections import Counter

from harness import wire
from harness.client import Timeout, equal, require
from harness.registry import V5, case

from .filters import require_filter_refused


def drain(members, count, answer=True, timeout=10):
    """Reads until `count` publishes came to the members together: a list of (member, packet)."""
    got = []
    idle = 0
    while len(got) < count and idle < timeout / 0.02 / len(members):
        idle += 1
        for n, member in enumerate(members):
            try:
                while True:
                    got.append((n, member.receive(answer=answer, timeout=0.02)))
                    idle = 0
            except Timeout:
                pass
    return got


@case(V5)
def every_message_goes_to_one_member_and_the_load_is_even(t):
    # [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    members, pub = [t.client() for _ in range(3)], t.client()
    for member in members:
        member.subscribe(f"$share/g/{t.topic('+')}", qos=1)
    for n in range(300):
        pub.send(wire.publish(t.topic(f"{n % 7}"), f"{n}", 1, n + 1))
    got = drain(members, 300)
    equal(sorted(int(p.payload) for _, p in got), list(range(300)), "messages")
    load = Counter(n for n, _ in got)
    require(all(60 <= load[n] <= 140 for n in range(3)), f"load {dict(load)}")


@case(V5)
def one_publisher_one_topic_is_shared_evenly_too(t):
    members, pub = [t.client() for _ in range(4)], t.client()
    for member in members:
        member.subscribe(f"$share/g/{t.topic()}", qos=0)
    for n in range(200):
        pub.send(wire.publish(t.topic(), f"{n}"))
    load = Counter(n for n, _ in drain(members, 200))
    equal(sum(load.values()), 200, "messages")
    require(all(30 <= load[n] <= 70 for n in range(4)), f"load {dict(load)}")


@case(V5)
def groups_and_plain_subscribers_each_get_a_copy(t):
    # [MQTT-4.8.2-1]
    plain, a, b, pub = t.client(), t.client(), t.client(), t.client()
    plain.subscribe(t.topic(), qos=1)
    a.subscribe(f"$share/a/{t.topic()}", qos=1)
    b.subscribe(f"$share/b/{t.topic()}", qos=1)
    for n in range(10):
        pub.publish(t.topic(), f"{n}", qos=1)
        for sub in (plain, a, b):
            sub.receive(t.topic(), f"{n}")


@case(V5)
def one_client_may_hold_both_kinds(t):
    # A shared and a plain subscription to the same filter are two subscriptions.  [MQTT-3.8.4-3]
    sub, pub = t.client(), t.client()
    sub.subscribe(f"$share/a/{t.topic()}", qos=1, props={"subscription_id": 1})
    sub.subscribe(t.topic(), qos=1, props={"subscription_id": 2})
    pub.publish(t.topic(), "x", qos=1)
    ids = sub.receive(t.topic(), "x").props["subscription_id"]
    if len(ids) == 1:
        ids += sub.receive(t.topic(), "x").props["subscription_id"]
    equal(sorted(ids), [1, 2], "identifiers")
    sub.unsubscribe(t.topic())
    pub.publish(t.topic(), "y", qos=1)
    sub.receive(t.topic(), "y", props={"subscription_id": [1]})
    sub.unsubscribe(f"$share/a/{t.topic()}")
    pub.publish(t.topic(), "z", qos=1)
    sub.expect_nothing()


@case(V5)
def granted_qos_is_respected(t):
    # [MQTT-4.8.2-3]
    members, pub = [t.client() for _ in range(3)], t.client()
    for qos, member in enumerate(members):
        member.subscribe(f"$share/g/{t.topic()}", qos=qos)
    for n in range(30):
        pub.publish(t.topic(), f"{n}", qos=2)
    got = drain(members, 30)
    equal(len(got), 30, "messages")
    require(all(p.qos == n for n, p in got), f"QoS {[(n, p.qos) for n, p in got]}")


@case(V5)
def share_names_at_fault(t):
    # [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    for pattern in ("$share/", "$share/g", "$share/g/", "$share//a", "$share/a+/b", "$share/#/b", "$share/+/b",
                    "$share/g/a#"):
        c = t.client()
        c.send(wire.subscribe(1, [(pattern, 0)]))
        require_filter_refused(c, pattern)


@case(V5)
def no_local_on_a_shared_subscription(t):
    # [MQTT-3.8.3-4]
    c = t.client()
    c.send(wire.subscribe(1, [(f"$share/g/{t.topic()}", wire.sub_options(no_local=True))]))
    c.expect_refusal(0x82)


@case(V5)
def retained_messages_are_not_sent_to_shared_subscribers(t):
    # 4.8.2: only a non-shared subscription gets what is retained.
    pub, sub = t.client(), t.client()
    pub.publish(t.topic(), "kept", qos=1, retain=True)
    sub.subscribe(f"$share/g/{t.topic()}", qos=1)
    sub.expect_nothing()


@case(V5)
def leaving_member_is_no_longer_served(t):
    # [MQTT-3.10.4-1] [MQTT-3.10.4-2]
    a, b, c, pub = t.client(), t.client(), t.client(), t.client()
    for member in (a, b, c):
        member.subscribe(f"$share/g/{t.topic()}", qos=1)
    a.unsubscribe(f"$share/g/{t.topic()}")
    b.leave()
    for n in range(10):
        pub.publish(t.topic(), f"{n}", qos=1)
        c.receive(t.topic(), f"{n}")
    a.expect_nothing()


@case(V5)
def unacknowledged_qos_1_goes_to_another_member(t):
    # 4.8.2: when the session of the chosen member ends, another one should get what it did not acknowledge.
    stuck, other, pub = t.client(), t.client(), t.client()
    stuck.subscribe(f"$share/g/{t.topic()}", qos=1)
    for n in range(6):
        pub.publish(t.topic(), f"{n}", qos=1)
    for n in range(6):
        stuck.receive(t.topic(), f"{n}", answer=False)
    other.subscribe(f"$share/g/{t.topic()}", qos=1)
    stuck.drop()
    got = [other.receive(t.topic()) for _ in range(6)]
    equal(sorted(p.payload for p in got), [b"%d" % n for n in range(6)], "redelivered messages")
    other.expect_nothing()


@case(V5)
def unsent_messages_go_to_another_member(t):
    # What waited behind the member's receive maximum was not begun at all, QoS 2 or not.
    stuck, other, pub = t.client(props={"receive_maximum": 1}), t.client(), t.client()
    stuck.subscribe(f"$share/g/{t.topic()}", qos=2)
    for n in range(4):
        pub.publish(t.topic(), f"{n}", qos=2)
    stuck.receive(t.topic(), "0", answer=False)
    other.subscribe(f"$share/g/{t.topic()}", qos=2)
    stuck.drop()
    got = [other.receive(t.topic()).payload for _ in range(3)]
    equal(sorted(got), [b"1", b"2", b"3"], "messages")
    other.expect_nothing()  # the begun one must not go to another  [MQTT-4.8.2-5]


@case(V5)
def begun_qos_2_is_completed_when_the_member_returns(t):
    # [MQTT-4.8.2-4]
    stuck, other, pub = t.keeper(), t.client(), t.client()
    stuck.subscribe(f"$share/g/{t.topic()}", qos=2)
    pub.publish(t.topic(), "x", qos=2)
    begun = stuck.receive(t.topic(), "x", answer=False)
    other.subscribe(f"$share/g/{t.topic()}", qos=2)
    stuck.drop()
    other.expect_nothing()
    stuck = t.keeper()
    stuck.receive(t.topic(), "x", pid=begun.pid, dup=True)
    other.expect_nothing()


@case(V5)
def begun_qos_2_ends_with_the_session(t):
    # [MQTT-4.8.2-5]
    stuck, other, pub = t.client(), t.client(), t.client()
    stuck.subscribe(f"$share/g/{t.topic()}", qos=2)
    pub.publish(t.topic(), "x", qos=2)
    stuck.receive(t.topic(), "x", answer=False)
    other.subscribe(f"$share/g/{t.topic()}", qos=2)
    stuck.drop()
    other.expect_nothing(1)


@case(V5)
def refused_message_goes_to_nobody_else(t):
    # [MQTT-4.8.2-6]
    first, pub = t.client(), t.client()
    first.subscribe(f"$share/g/{t.topic()}", qos=2)
    pub.publish(t.topic(), "1", qos=1)
    pub.publish(t.topic(), "2", qos=2)
    one, two = first.receive(payload="1", answer=False), first.receive(payload="2", answer=False)
    other = t.client()
    other.subscribe(f"$share/g/{t.topic()}", qos=2)
    first.send(wire.ack(wire.PUBACK, one.pid, 0x80), wire.ack(wire.PUBREC, two.pid, 0x83))
    first.ping()
    first.drop()
    other.expect_nothing()


@case(V5)
def away_members_get_what_nobody_else_can_take(t):
    # [MQTT-4.5.0-1]
    a, pub = t.keeper(), t.client()
    a.subscribe(f"$share/g/{t.topic()}", qos=1)
    a.leave()
    for n in range(5):
        pub.publish(t.topic(), f"{n}", qos=1)
    a = t.keeper()
    for n in range(5):
        a.receive(t.topic(), f"{n}")


@case(V5)
def members_with_different_filters(t):
    # The name alone makes no group: name and filter do.
    a, b, pub = t.client(), t.client(), t.client()
    a.subscribe(f"$share/g/{t.topic('+')}", qos=1)
    b.subscribe(f"$share/g/{t.topic('x')}", qos=1)
    for n in range(5):
        pub.publish(t.topic("x"), f"{n}", qos=1)
        a.receive(t.topic("x"), f"{n}")
        b.receive(t.topic("x"), f"{n}")
