"""Retained messages are the same at every pod."""

from __future__ import annotations

from harness.client import Client, Timeout, require
from harness.wire import V5

from .stage import Stage, case, drain, eventually, routed


def _retained(t: Stage, pod: int, filter_: str) -> dict[str, bytes]:
    client = t.client(pod)
    client.subscribe(filter_, qos=2)
    found = {}
    for packet in drain(client, 0.2):
        require(packet.retain, f"not marked as retained: {packet}")
        found[packet.topic] = packet.payload
    client.leave()
    return found


def _same_everywhere(t: Stage, filter_: str, wanted: dict[str, bytes], pods: list[int]) -> None:
    for pod in pods:
        eventually(lambda pod=pod: _retained(t, pod, filter_) == wanted, f"retained messages of pod {pod} are {wanted}")


@case(pods=1)
def every_pod_has_them(t: Stage) -> None:
    # [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-5 v3] [MQTT-3.3.1-6 v3]
    pods = list(range(len(t.cluster.pods)))
    wanted = {}
    for pod in pods:
        for qos in (0, 1, 2):
            topic = t.topic(f"{pod}/{qos}")
            t.client(pod).publish(topic, f"kept {topic}", qos=qos, retain=True)
            wanted[topic] = f"kept {topic}".encode()
    _same_everywhere(t, t.topic("#"), wanted, pods)


@case()
def an_empty_one_removes_it_everywhere(t: Stage) -> None:
    # [MQTT-3.3.1-6] [MQTT-3.3.1-10 v3]
    pods = list(range(len(t.cluster.pods)))
    t.client(0).publish(t.topic("gone"), "x", qos=1, retain=True)
    t.client(0).publish(t.topic("kept"), "y", qos=1, retain=True)
    _same_everywhere(t, t.topic("#"), {t.topic("gone"): b"x", t.topic("kept"): b"y"}, pods)
    t.client(1).publish(t.topic("gone"), "", qos=1, retain=True)
    _same_everywhere(t, t.topic("#"), {t.topic("kept"): b"y"}, pods)


@case()
def the_last_writer_wins_everywhere(t: Stage) -> None:
    """Two pods write without waiting for each other: in the end all pods have the same, and it is a last one of a writer."""
    pods = list(range(len(t.cluster.pods)))
    writers = [t.client(0), t.client(1)]
    topics = [t.topic(f"{n}") for n in range(10)]
    for turn in range(5):
        for topic in topics:
            for which, writer in enumerate(writers):
                writer.publish(topic, f"{which} {turn}", qos=1, retain=True)
    found: list[dict[str, bytes]] = []

    def agree() -> bool:
        found[:] = [_retained(t, pod, t.topic("#")) for pod in pods]
        return all(f == found[0] for f in found) and set(found[0]) == set(topics)

    eventually(agree, f"pods agree: {found}")
    wrong = {topic: payload for topic, payload in found[0].items() if not payload.endswith(b" 4")}
    require(not wrong, f"older than the last of each writer: {wrong}")
    # One writer after the other is no race: the second's acknowledgement says that it is the last.
    for topic in topics:
        writers[0].publish(topic, "first", qos=1, retain=True)
        writers[1].publish(topic, "second", qos=1, retain=True)
    _same_everywhere(t, t.topic("#"), {topic: b"second" for topic in topics}, pods)


@case((V5,))
def a_pod_that_just_joined_has_them_all(t: Stage) -> None:
    topics = {t.topic(f"{n}"): f"{n}".encode() for n in range(300)}
    writer = t.client(0)
    for topic, payload in topics.items():
        writer.publish(topic, payload, qos=1, retain=True)
    with t.cluster.without(2):
        writer.publish(t.topic("0"), "changed", qos=1, retain=True)
    topics[t.topic("0")] = b"changed"
    client: Client = t.client(2)
    client.subscribe(t.topic("#"), qos=1)
    found = {}
    try:
        while len(found) < len(topics):
            packet = client.receive(retain=True)
            found[packet.topic] = packet.payload
    except Timeout:
        pass
    wrong = sorted(set(topics.items()) ^ set(found.items()))
    require(not wrong, f"the first subscriber of a pod that just joined has {len(found)} of {len(topics)}; wrong: {wrong[:5]}")


@case((V5,))
def a_live_subscriber_elsewhere_sees_no_retain_flag(t: Stage) -> None:
    # [MQTT-3.3.1-12] [MQTT-3.3.1-13]
    plain, published, writer = t.client(1), t.client(1), t.client(0)
    plain.subscribe(t.topic(), qos=1)
    published.subscribe(t.topic(), qos=1, retain_as_published=True)
    routed(writer, t.topic(), plain, published)
    writer.publish(t.topic(), "x", qos=1, retain=True)
    plain.receive(t.topic(), "x", retain=False)
    published.receive(t.topic(), "x", retain=True)
