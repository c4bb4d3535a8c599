"""Shared subscriptions: one group across all pods."""

from __future__ import annotations

import time
from collections import Counter

from harness import wire
from harness.client import Client, Timeout, equal, require

from .stage import AGREE_SECONDS_MAX, Stage, case, connect_again, drain, drain_all, eventually, routed

BATCH = 200
PROBE = "probe"


def _hears(publisher: Client, topic: str, members: list[Client], count: int = 1) -> None:
    """Waits until at least `count` of the members got a probe of this publisher. More of these may come later."""
    heard: set[int] = set()

    def enough() -> bool:
        for _ in members:
            publisher.publish(topic, PROBE)
        heard.update(n for n, got in enumerate(drain_all(members, 0.05)) if got)
        return len(heard) >= count

    eventually(enough, f"{count} members get messages of {topic}")
    drain_all(members)


def _collect(members: list[Client], wanted: list[str]) -> list[Counter]:
    """What each member gets but probes, until all that is wanted has come and nothing follows."""
    found = [Counter() for _ in members]

    def take(quiet: float) -> int:
        for mine, packets in zip(found, drain_all(members, quiet)):
            mine.update(text for p in packets if (text := p.payload.decode()) != PROBE)
        return sum(mine.total() for mine in found)

    deadline = time.monotonic() + AGREE_SECONDS_MAX
    while take(0.05) < len(wanted) and time.monotonic() < deadline:
        pass
    take(0.5)
    return found


def _each_once(got: list[Counter], wanted: list[str]) -> None:
    total = sum(got, Counter())
    lost = [text for text in wanted if not total[text]]
    doubled = [text for text in wanted if total[text] > 1]
    require(not lost, f"{len(lost)} got by nobody: {lost[:10]}")
    require(not doubled, f"{len(doubled)} got more than once: {doubled[:10]}")


@case(pods=1)
def each_message_goes_to_one_member(t: Stage) -> None:
    # [MQTT-4.8.2-4]
    topic, pods = t.topic(), range(len(t.cluster.pods))
    members = [t.client(pod) for pod in pods for _ in range(2)]
    for member in members:
        member.subscribe(f"$share/{t.unique}/{topic}", qos=2)
    for pod in pods:
        publisher = t.client(pod)
        _hears(publisher, topic, members)
        for qos in (0, 1, 2):
            texts = [f"{pod} {qos} {n}" for n in range(BATCH // 4)]
            for text in texts:
                publisher.publish(topic, text, qos=qos)
            _each_once(_collect(members, texts), texts)


@case()
def a_wildcard_group_is_one_too(t: Stage) -> None:
    members = [t.client(pod) for pod in range(len(t.cluster.pods))]
    for member in members:
        member.subscribe(f"$share/{t.unique}/{t.topic('+/x')}", qos=1)
    for pod in range(len(t.cluster.pods)):
        publisher = t.client(pod)
        _hears(publisher, t.topic("a/x"), members)
        texts = [f"{pod} {n}" for n in range(BATCH // 4)]
        for n, text in enumerate(texts):
            publisher.publish(t.topic(f"{n}/x"), text, qos=1)
        _each_once(_collect(members, texts), texts)


@case()
def far_members_share_the_load(t: Stage) -> None:
    """With no member at the publisher's pod, each of the others gets a fair part."""
    topic = t.topic()
    members = [t.client(1), t.client(2)]
    for member in members:
        member.subscribe(f"$share/{t.unique}/{topic}", qos=1)
    publisher = t.client(0)
    _hears(publisher, topic, members, count=2)
    texts = [f"{n}" for n in range(BATCH)]
    for text in texts:
        publisher.publish(topic, text, qos=1)
    got = _collect(members, texts)
    _each_once(got, texts)
    parts = [part.total() for part in got]
    require(min(parts) >= BATCH // 5, f"parts {parts} of {BATCH}")


@case()
def a_near_member_is_preferred(t: Stage) -> None:
    topic = t.topic()
    near, far = t.client(0), t.client(1)
    for member in (near, far):
        member.subscribe(f"$share/{t.unique}/{topic}", qos=1)
    publisher = t.client(0)
    _hears(publisher, topic, [near, far])
    texts = [f"{n}" for n in range(BATCH)]
    for text in texts:
        publisher.publish(topic, text, qos=1)
    got = _collect([near, far], texts)
    _each_once(got, texts)
    require(got[0].total() > got[1].total(), f"near {got[0].total()}, far {got[1].total()}")


@case()
def the_group_and_others_have_their_own(t: Stage) -> None:
    topic = t.topic()
    member, alone = t.client(1), t.client(1)
    member.subscribe(f"$share/{t.unique}/{topic}", qos=1)
    alone.subscribe(topic, qos=1)
    publisher = t.client(0)
    routed(publisher, topic, member, alone)
    publisher.publish(topic, "x", qos=1)
    for client in (member, alone):
        client.receive(topic, "x")
        client.expect_nothing()


@case(pods=2)
def what_an_ending_session_has_goes_to_another_pod(t: Stage) -> None:
    """A client begins anew that has messages of QoS 2 of a group: a member elsewhere gets them, and the client is let in."""
    topic, filter_ = t.topic(), f"$share/{t.unique}/{t.topic()}"
    keeper = t.keeper(0, "keeper")
    keeper.subscribe(filter_, qos=2)
    keeper.leave()
    publisher = t.client(0)
    texts = [f"{n}" for n in range(BATCH // 10)]
    for text in texts:
        publisher.publish(topic, text, qos=2)
    member = t.client(1)
    member.subscribe(filter_, qos=2)
    _hears(publisher, topic, [member])
    t.keeper(0, "keeper", clean=True)
    _each_once(_collect([member], texts), texts)


@case()
def nothing_is_lost_with_the_pod_of_a_member(t: Stage) -> None:
    """One member holds its part unacknowledged when its pod is killed: acknowledged messages reach some member."""
    topic, filter_ = t.topic(), f"$share/{t.unique}/{t.topic()}"
    holding, other = t.keeper(1, "holding"), t.keeper(2, "other")
    for member in (holding, other):
        member.subscribe(filter_, qos=1)
    publisher = t.keeper(0, "publisher")
    _hears(publisher, topic, [holding, other])
    texts = [f"{n}" for n in range(BATCH // 2)]
    pids = {publisher.next_pid(): text for text in texts}
    publisher.send(*[wire.publish(topic, text, 1, pid, version=t.version) for pid, text in pids.items()])
    got: Counter = Counter()
    with t.cluster.without(1):
        got.update(p.payload.decode() for p in drain(other, 1))
        again = connect_again(lambda: t.keeper(2, "holding"))
        equal(again.connack.session_present, True, "session present")
        acknowledged = set()
        try:
            while len(acknowledged) < len(texts):
                packet = publisher.expect(wire.PUBACK, timeout=20)
                acknowledged.add(pids[packet.pid])
                got.update(p.payload.decode() for c in (other, again) for p in drain(c, 0.01))
        except Timeout:
            pass  # what is not acknowledged may be lost; that it must come is another case
        deadline = time.monotonic() + AGREE_SECONDS_MAX
        while not acknowledged <= set(got) and time.monotonic() < deadline:
            got.update(p.payload.decode() for mine in drain_all([other, again]) for p in mine)
        lost = sorted(acknowledged - set(got), key=int)
        require(not lost, f"acknowledged and got by nobody: {lost}")
        equal(len(acknowledged), len(texts), "acknowledgements")
