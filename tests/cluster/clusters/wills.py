"""Wills fire exactly once, wherever the connection or its pod ended."""

from __future__ import annotations

from harness.client import Client, QUIET, Timeout
from harness.wire import V5, Will

from .stage import KEPT_SECONDS, Stage, case, connect_again, routed

# A killed pod is noticed when its session with ZooKeeper times out; then others take over its sessions.
PATIENCE_S = 40


def _listeners(t: Stage, topic: str, pods: list[int]) -> list[Client]:
    listeners = [t.client(pod) for pod in pods]
    for listener in listeners:
        listener.subscribe(topic, qos=2)
    for pod in pods:
        routed(t.client(pod), topic, *listeners)
    return listeners


def _once(listeners: list[Client], topic: str, payload: str, qos: int, quiet: float = QUIET) -> None:
    for listener in listeners:
        listener.receive(topic, payload, qos=qos, timeout=PATIENCE_S)
    for listener in listeners:
        listener.expect_nothing(quiet)


def _stored(t: Stage, owner: Client) -> Client:
    """Its will stands in ZooKeeper: what its pod wrote for the subscription came behind it."""
    owner.subscribe(t.topic("own"))
    return owner


@case(pods=1)
def of_a_connection_that_was_lost(t: Stage) -> None:
    # [MQTT-3.1.2-8] [MQTT-3.1.2-8 v3]
    topic = t.topic()
    listeners = _listeners(t, topic, list(range(len(t.cluster.pods))))
    for qos in (0, 1, 2):
        t.client(len(t.cluster.pods) - 1, will=Will(topic, f"gone {qos}", qos)).drop()
        _once(listeners, topic, f"gone {qos}", qos)


@case(pods=1)
def not_after_a_disconnect(t: Stage) -> None:
    # [MQTT-3.1.2-10] [MQTT-3.1.2-10 v3]
    topic = t.topic()
    listeners = _listeners(t, topic, list(range(len(t.cluster.pods))))
    t.client(len(t.cluster.pods) - 1, will=Will(topic, "gone", 1)).leave()
    for listener in listeners:
        listener.expect_nothing()


@case()
def of_a_persistent_session_on_a_killed_pod(t: Stage) -> None:
    topic = t.topic()
    listeners = _listeners(t, topic, [0, 1])
    _stored(t, t.keeper(2, "owner", will=Will(topic, "gone", 1)))
    with t.cluster.without(2):
        _once(listeners, topic, "gone", 1, quiet=3)
    for listener in listeners:  # nor when the pod is back
        listener.expect_nothing(1)


@case()
def of_a_clean_session_on_a_killed_pod(t: Stage) -> None:
    topic = t.topic()
    listeners = _listeners(t, topic, [0, 1])
    _stored(t, t.client(2, "owner", will=Will(topic, "gone", 1)))
    with t.cluster.without(2):
        _once(listeners, topic, "gone", 1, quiet=3)


@case((V5,))
def of_a_session_on_a_killed_pod_whose_client_comes_back_in_time(t: Stage) -> None:
    # [MQTT-3.1.3-9]
    topic = t.topic()
    listeners = _listeners(t, topic, [0, 1])
    will = Will(topic, "gone", 1, props={"will_delay": 60})
    _stored(t, t.keeper(2, "owner", will=will))
    with t.cluster.without(2):
        again = connect_again(lambda: t.keeper(0, "owner", will=will))
        for listener in listeners:
            listener.expect_nothing(2)
        again.leave()
        for listener in listeners:
            listener.expect_nothing()


@case((V5,))
def delayed_and_the_session_taken_over_elsewhere(t: Stage) -> None:
    # [MQTT-3.1.3-9]: a new connection to the session in time, at whatever pod.
    topic = t.topic()
    listeners = _listeners(t, topic, [0, 1])
    will = Will(topic, "gone", 1, props={"will_delay": 8})
    t.keeper(2, "owner", will=will).drop()
    again = t.keeper(1, "owner", will=will)
    listeners[0].expect_nothing(9)
    listeners[1].expect_nothing()
    again.drop()
    _once(listeners, topic, "gone", 1)


@case((V5,))
def delayed_and_due_while_its_pod_is_dead(t: Stage) -> None:
    topic = t.topic()
    listeners = _listeners(t, topic, [0, 1])
    _stored(t, t.keeper(2, "owner", will=Will(topic, "gone", 1, props={"will_delay": 2}))).drop()
    with t.cluster.without(2):
        _once(listeners, topic, "gone", 1, quiet=3)


@case((V5,))
def of_an_old_connection_whose_session_was_taken_over(t: Stage) -> None:
    # Without a delay the old connection's end is enough.  [MQTT-3.1.2-8]
    topic = t.topic()
    listeners = _listeners(t, topic, [0, 1])
    t.client(2, "owner", clean=False, props={"session_expiry": KEPT_SECONDS}, will=Will(topic, "old", 1))
    t.keeper(1, "owner")
    _once(listeners, topic, "old", 1)


@case()
def retained_will_is_there_at_every_pod(t: Stage) -> None:
    # [MQTT-3.1.2-15] [MQTT-3.1.2-17 v3]
    topic = t.topic()
    listeners = _listeners(t, topic, [0])
    t.client(1, will=Will(topic, "gone", 1, retain=True)).drop()
    _once(listeners, topic, "gone", 1)
    for pod in range(len(t.cluster.pods)):
        for _ in range(100):
            late = t.client(pod)
            late.subscribe(topic, qos=1)
            try:
                late.receive(topic, "gone", retain=True, timeout=0.2)
                break
            except Timeout:
                late.close()
        else:
            raise Timeout(f"pod {pod} does not have the retained will")
