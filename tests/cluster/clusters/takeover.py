"""A client id is connected once in the cluster; its session follows it to any pod."""

from __future__ import annotations

import threading
import time

from harness import wire
from harness.client import WAIT, Client, Failure, Timeout, equal, require
from harness.wire import V5, V311

from .stage import Stage, case, connect_again, eventually, routed

IN_FLIGHT = 4
QUEUED = 6


def _is_replaced(t: Stage, old: Client) -> None:
    # [MQTT-3.1.4-3] [MQTT-3.1.4-2 v3]
    old.expect_refusal(0x8E)


@case(pods=1)
def the_old_connection_ends(t: Stage) -> None:
    pods = len(t.cluster.pods)
    old = t.client(0, "x")
    for turn in range(1, 7):
        new = t.client(turn % pods, "x")
        _is_replaced(t, old)
        old = new
    old.ping()


@case()
def subscriptions_move_along(t: Stage) -> None:
    # [MQTT-3.1.2-5] [MQTT-3.2.2-3] [MQTT-3.1.2-4 v3] [MQTT-3.2.2-2 v3]
    topic = t.topic()
    old = t.keeper(0, "x")
    old.subscribe(topic, qos=2)
    publisher = t.client(1)
    routed(publisher, topic, old)
    for turn in range(1, 7):
        new = t.keeper(turn % 3, "x")
        equal(new.connack.session_present, True, "session present")
        _is_replaced(t, old)
        for qos in (1, 2):
            publisher.publish(topic, f"{turn} {qos}", qos=qos)
            new.receive(topic, f"{turn} {qos}", qos=qos)
        new.expect_nothing(0.1)
        old = new


@case()
def what_is_in_flight_comes_again_and_then_what_waits(t: Stage) -> None:
    # [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3]
    for qos in (1, 2):
        topic, name = t.topic(f"{qos}"), f"x{qos}"
        window = {"receive_maximum": IN_FLIGHT} if t.v5 else {}
        old = t.keeper(0, name, props=window)
        old.subscribe(topic, qos=qos)
        publisher = t.client(1)
        routed(publisher, topic, old)
        count = IN_FLIGHT + QUEUED if t.v5 else IN_FLIGHT
        texts = [f"{n}" for n in range(count)]
        publisher.send(*[wire.publish(topic, text, qos, n + 1, version=t.version) for n, text in enumerate(texts)])
        first = [old.receive(topic, text, qos=qos, dup=False, answer=False).pid for text in texts[:IN_FLIGHT]]
        new = t.keeper(2, name, props=window)
        equal(new.connack.session_present, True, "session present")
        _is_replaced(t, old)
        for n, text in enumerate(texts):
            if n < IN_FLIGHT:
                new.receive(topic, text, qos=qos, dup=True, pid=first[n])
            else:
                new.receive(topic, text, qos=qos, dup=False)
        new.expect_nothing()


@case()
def a_pubrel_comes_again_and_its_message_does_not(t: Stage) -> None:
    # [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.3.3-1 v3]
    topic = t.topic()
    old = t.keeper(0, "x")
    old.subscribe(topic, qos=2)
    publisher = t.client(1)
    routed(publisher, topic, old)
    publisher.publish(topic, "once", qos=2)
    pid = old.receive(topic, "once", answer=False).pid
    old.send(wire.ack(wire.PUBREC, pid))
    old.expect(wire.PUBREL, pid=pid)
    new = t.keeper(2, "x")
    new.expect(wire.PUBREL, pid=pid)
    new.send(wire.ack(wire.PUBCOMP, pid))
    new.expect_nothing()


@case()
def a_publisher_that_moves_between_pubrec_and_pubrel_publishes_once(t: Stage) -> None:
    # [MQTT-4.3.3-10] [MQTT-4.3.3-2 v3]
    topic = t.topic()
    sub = t.client(0)
    sub.subscribe(topic, qos=2)
    publisher = t.keeper(1, "p")
    routed(publisher, topic, sub)
    for turn in range(6):
        publisher.send(wire.publish(topic, f"{turn}", 2, 7, version=t.version))
        publisher.expect(wire.PUBREC, pid=7, code=0)
        publisher = t.keeper(turn % 3, "p")
        equal(publisher.connack.session_present, True, "session present")
        publisher.send(wire.publish(topic, f"{turn}", 2, 7, dup=True, version=t.version))
        publisher.expect(wire.PUBREC, pid=7, code=0)
        publisher.send(wire.ack(wire.PUBREL, 7))
        publisher.expect(wire.PUBCOMP, pid=7, code=0)
        sub.receive(topic, f"{turn}")
    sub.expect_nothing()


@case()
def a_clean_start_elsewhere_ends_the_session(t: Stage) -> None:
    # [MQTT-3.1.2-4] [MQTT-3.1.2-6 v3]
    topic = t.topic()
    old = t.keeper(0, "x")
    old.subscribe(topic, qos=1)
    publisher = t.client(1)
    routed(publisher, topic, old)
    new = t.keeper(2, "x", clean=True)
    equal(new.connack.session_present, False, "session present")
    _is_replaced(t, old)
    publisher.publish(topic, "x", qos=1)
    new.expect_nothing()
    # Clean Start alone ends the old session, not the new one; in 3.1.1 a clean session ends with its connection.
    new.leave()
    again = t.keeper(1, "x")
    equal(again.connack.session_present, t.v5, "session present after a clean start")
    again.expect_nothing()


@case()
def a_session_that_is_away_is_found_at_any_pod(t: Stage) -> None:
    topic, publisher = t.topic(), t.client(1)
    first = t.keeper(0, "x")
    first.subscribe(topic, qos=1)
    routed(publisher, topic, first)
    first.leave()
    for turn in range(6):
        publisher.publish(topic, f"{turn}", qos=1)
        here = t.keeper(turn % 3, "x")
        equal(here.connack.session_present, True, "session present")
        here.receive(topic, f"{turn}")
        here.expect_nothing(0.1)
        here.leave()


@case()
def subscribing_at_one_pod_and_unsubscribing_at_another(t: Stage) -> None:
    topic, publisher = t.topic(), t.client(1)
    first = t.keeper(0, "x")
    first.subscribe(topic, qos=1)
    routed(publisher, topic, first)
    second = t.keeper(2, "x")
    second.unsubscribe(topic)
    publisher.publish(topic, "late", qos=1)
    second.expect_nothing()
    third = t.keeper(1, "x")
    publisher.publish(topic, "later", qos=1)
    third.expect_nothing()


@case((V5,))
def versions_may_change(t: Stage) -> None:
    topic, publisher = t.topic(), t.client(1)
    first = t.keeper(0, "x", version=V311)
    first.subscribe(topic, qos=1)
    routed(publisher, topic, first)
    second = t.keeper(2, "x", version=V5)
    equal(second.connack.session_present, True, "session present")
    first.expect_closed()
    publisher.publish(topic, "x", qos=1)
    second.receive(topic, "x")


@case((V5,))
def many_at_once_leave_one(t: Stage) -> None:
    """The same client id at all pods at the same moment: in the end one connection stands, all others were ended."""
    pods, count = len(t.cluster.pods), 12
    clients = [Client(t.cluster.pods[n % pods].address, t.version, t.id("x")) for n in range(count)]
    t.clients += clients
    threads = [threading.Thread(target=_try_connect, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standing: list[Client] = []

    def one_stands() -> bool:
        standing[:] = [client for client in clients if _stands(client)]
        return len(standing) == 1

    eventually(one_stands, "one connection stands")  # the others may still have to be told
    equal(_stands(standing[0]), True, "whether it stands for good")


def _try_connect(client: Client) -> None:
    try:
        client.connect(clean=False, props={"session_expiry": 60})
    except Failure:
        pass


def _stands(client: Client) -> bool:
    if not client.connack:
        return False
    try:
        client.ping()
        client.expect_nothing(0.5)
        return True
    except (Failure, OSError):
        return False


@case()
def the_session_of_a_killed_pod_lives_on(t: Stage) -> None:
    """In-flight messages of both QoS, one that waits and the subscriptions, after SIGKILL of the session's pod."""
    topic = t.topic()
    old = t.keeper(2, "x")
    old.subscribe(topic, qos=2)
    publisher = t.client(0)
    routed(publisher, topic, old)
    publisher.send(*[wire.publish(topic, f"{n}", 1 + n % 2, n + 1, version=t.version) for n in range(4)])
    for n in range(4):
        old.receive(topic, f"{n}", answer=False)
    for _ in range(4):  # acknowledged, since it is stored meanwhile
        packet = publisher.read()
        require(packet is not None and packet.type in (wire.PUBACK, wire.PUBREC), f"{packet}")
    with t.cluster.without(2):
        new = connect_again(lambda: t.keeper(1, "x"))
        equal(new.connack.session_present, True, "session present")
        got: dict[int, list[str]] = {1: [], 2: []}
        for _ in range(4):
            packet = new.receive(topic)
            got[packet.qos].append(packet.payload.decode())
        equal(got, {1: ["0", "2"], 2: ["1", "3"]}, "messages by QoS")
        routed(publisher, topic, new)
        publisher.publish(topic, "after", qos=1)
        new.receive(topic, "after")


@case((V5,))
def connect_to_a_pod_that_is_not_the_home_is_quick(t: Stage) -> None:
    """A clean session never waits for ZooKeeper: a hundred connects at each pod within the patience for one."""
    for pod in range(len(t.cluster.pods)):
        began = time.monotonic()
        for n in range(100):
            try:
                t.client(pod, f"quick{n}").leave()
            except Timeout as error:
                raise Failure(f"connect {n} at pod {pod}: {error}") from error
            took = time.monotonic() - began
            require(took < WAIT, f"{n + 1} connects at pod {pod} took {took:.1f} s")
