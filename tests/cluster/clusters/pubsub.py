"""Publishers and subscribers at different pods."""

from __future__ import annotations

from harness.client import Failure, equal, require
from harness.wire import V5, V311

from .stage import BOTH, Stage, case, drain, routed

BATCH = 20


def _published(t: Stage, publisher, topic: str, qos: int, count: int = BATCH) -> list[bytes]:
    payloads = [f"{qos} {n}".encode() for n in range(count)]
    for payload in payloads:
        publisher.publish(topic, payload, qos=qos)
    return payloads


def _all_qos(t: Stage, filter_: str, topic: str) -> None:
    """Every QoS of the publisher to every QoS of subscribers, at each pod, in order and once."""
    pods = range(len(t.cluster.pods))
    subs = [(t.client(pod), qos) for pod in pods for qos in (0, 1, 2)]
    for sub, qos in subs:
        sub.subscribe(filter_, qos=qos)
    for pod in pods:
        publisher = t.client(pod)
        routed(publisher, topic, *[sub for sub, _ in subs])
        for published in (0, 1, 2):
            payloads = _published(t, publisher, topic, published)
            for sub, granted in subs:
                for payload in payloads:
                    sub.receive(topic, payload, qos=min(published, granted), retain=False, dup=False)
    for sub, _ in subs:
        sub.expect_nothing()


@case(pods=1)
def exact_filters_with_every_qos(t: Stage) -> None:
    # [MQTT-3.3.4-1] [MQTT-3.3.5-1 v3] [MQTT-4.6.0-6] [MQTT-4.6.0-6 v3]
    _all_qos(t, t.topic("a/b"), t.topic("a/b"))


@case(pods=1)
def wildcards_with_every_qos(t: Stage) -> None:
    _all_qos(t, t.topic("+/b/#"), t.topic("a/b/c"))


@case(pods=1)
def wildcards_in_the_first_level(t: Stage) -> None:
    _all_qos(t, f"+/{t.unique}/first", f"any/{t.unique}/first")


@case((V5,))
def versions_meet(t: Stage) -> None:
    for publishing, subscribing in ((V311, V5), (V5, V311)):
        topic = t.topic(f"{publishing}")
        sub, pub = t.client(0, version=subscribing), t.client(1, version=publishing)
        sub.subscribe(topic, qos=2)
        routed(pub, topic, sub)
        for qos in (0, 1, 2):
            pub.publish(topic, f"{qos}", qos=qos)
            sub.receive(topic, f"{qos}", qos=qos)
        sub.expect_nothing()


@case((V5,))
def properties_cross(t: Stage) -> None:
    # [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-20]
    topic = t.topic()
    sub, pub = t.client(0), t.client(1)
    sub.subscribe(topic, qos=1, props={"subscription_id": 77})
    routed(pub, topic, sub)
    props = {"payload_format": 1, "content_type": "text", "response_topic": "r/s", "correlation_data": b"\0\1",
             "user": [("a", "1"), ("a", "2")]}
    pub.publish(topic, "x", qos=1, props={**props, "message_expiry": 100})
    got = sub.receive(topic, "x", props={**props, "subscription_id": [77]})
    require(95 <= got.props["message_expiry"] <= 100, f"{got}")


@case((V5,))
def overlapping_filters_of_pods_give_each_its_own(t: Stage) -> None:
    topic = t.topic("a/b")
    exact, wild, pub = t.client(0), t.client(0), t.client(1)
    exact.subscribe(topic, qos=1)
    wild.subscribe(t.topic("#"), qos=2)
    routed(pub, topic, exact, wild)
    for payload in _published(t, pub, topic, 2):
        exact.receive(topic, payload, qos=1)
        wild.receive(topic, payload, qos=2)
    exact.expect_nothing()
    wild.expect_nothing()


@case((V5,))
def no_local_holds_for_the_own_client_only(t: Stage) -> None:
    topic = t.topic()
    one, other = t.client(0), t.client(1)
    one.subscribe(topic, qos=1, no_local=True)
    other.subscribe(topic, qos=1, no_local=True)
    routed(one, topic, other)
    routed(other, topic, one)
    one.publish(topic, "from one", qos=1)
    other.receive(topic, "from one")
    other.publish(topic, "from the other", qos=1)
    one.receive(topic, "from the other")
    one.expect_nothing()


@case()
def unsubscribed_is_forgotten_everywhere(t: Stage) -> None:
    # [MQTT-3.10.4-2] [MQTT-3.10.4-2 v3]: none is delivered that is published after the UNSUBACK, wherever.
    topic = t.topic()
    sub, pub = t.client(0), t.client(1)
    sub.subscribe(topic, qos=1)
    routed(pub, topic, sub)
    sub.unsubscribe(topic)
    pub.publish(topic, "late", qos=1)
    sub.expect_nothing()


@case()
def large_messages_cross(t: Stage) -> None:
    topic = t.topic()
    sub, pub = t.client(0), t.client(1)
    sub.subscribe(topic, qos=1)
    routed(pub, topic, sub)
    for size in (0, 1, 65_535, 65_536, 1_000_000):
        pub.publish(topic, bytes([size % 251]) * size, qos=1)
        equal(len(sub.receive(topic).payload), size, "bytes")


@case((V311,))
def order_of_two_publishers_holds_at_every_pod(t: Stage) -> None:
    """Each publisher's own order; nothing is said about the order between two."""
    topic, pods = t.topic(), range(len(t.cluster.pods))
    subs, pubs = [t.client(pod) for pod in pods], [t.client(0), t.client(1)]
    for sub in subs:
        sub.subscribe(topic, qos=1)
    for pub in pubs:
        routed(pub, topic, *subs)
    for n in range(100):
        for which, pub in enumerate(pubs):
            pub.publish(topic, f"{which} {n}", qos=1)
    for sub in subs:
        texts = [p.payload.decode() for p in drain(sub, count=100 * len(pubs))]
        for which in range(len(pubs)):
            equal([text for text in texts if text.startswith(f"{which} ")], [f"{which} {n}" for n in range(100)], "messages")


@case(BOTH)
def a_session_that_is_away_gets_what_any_pod_took(t: Stage) -> None:
    # [MQTT-4.1.0-1] [MQTT-3.1.2-5 v3]
    topic, pods = t.topic(), len(t.cluster.pods)
    sub = t.keeper(0, "sub")
    sub.subscribe(topic, qos=2)
    pubs = [t.client(pod) for pod in range(pods)]
    for pub in pubs:
        routed(pub, topic, sub)
    sub.leave()
    for n in range(BATCH):
        pubs[0 if n % 2 else 1].publish(topic, f"{n % 2} {n}", qos=1 + n % 4 // 2)
    again = t.keeper(pods - 1, "sub")
    equal(again.connack.session_present, True, "session present")
    texts = [p.payload.decode() for p in drain(again, count=BATCH)]
    equal(sorted(texts), sorted(f"{n % 2} {n}" for n in range(BATCH)), "messages")
    for parity in (0, 1):
        for qos in (1, 2):  # different QoS are not ordered among each other
            numbers = [int(text.split()[1]) for text in texts if text.startswith(f"{parity} ")]
            own = [n for n in numbers if 1 + n % 4 // 2 == qos]
            if own != sorted(own):
                raise Failure(f"order of QoS {qos}: {own}")
