"""Pods that join, leave, are killed and come back, or were stopped for longer than their session lasts."""

from __future__ import annotations

import argparse
import time

from harness.client import Client, Failure, Timeout, equal, require
from harness.wire import V5, V311

from .cluster import Cluster
from .stage import Stage, connect_again, drain, own_cluster, routed

KEPT = [f"{n}" for n in range(10)]


def _keep_something(t: Stage, pod: int, version: int) -> str:
    """A session that is away with messages that were acknowledged, and retained ones; the topic."""
    topic = t.topic(f"{version}")
    sub, publisher = t.keeper(pod, f"away{version}", version=version), t.client(pod)
    sub.subscribe(topic, qos=2)
    routed(publisher, topic, sub)
    sub.leave()
    for n, text in enumerate(KEPT):
        publisher.publish(topic, text, qos=1 + n % 2)
    publisher.publish(t.topic("retained"), "kept", qos=1, retain=True)
    return topic


def _has_kept(t: Stage, pod: int, version: int, topic: str) -> None:
    sub = connect_again(lambda: t.keeper(pod, f"away{version}", version=version))
    equal(sub.connack.session_present, True, "session present")
    equal(sorted(int(p.payload) for p in drain(sub, 1, count=len(KEPT)) if p.topic == topic), list(range(len(KEPT))), "messages kept")
    reader = t.client(pod)
    reader.subscribe(t.topic("retained"), qos=1)
    reader.receive(t.topic("retained"), "kept")


def _finish(t: Stage, cluster: Cluster) -> None:
    t.finish()
    if ends := cluster.unexpected_ends():
        raise Failure(ends)


@own_cluster()
def a_pod_joins_and_is_used(args: argparse.Namespace) -> None:
    with Cluster(args.broker, 2, args.servers) as cluster:
        t = Stage(cluster, V5)
        topic = _keep_something(t, 0, V5)
        early = t.client(0)
        early.subscribe(t.topic("new"), t.topic("wild/#"), qos=1)
        new = cluster.add()
        late, publisher = t.client(new), t.client(new)
        late.subscribe(t.topic("new"), t.topic("wild/#"), qos=1)
        for name in ("new", "wild/x"):
            routed(publisher, t.topic(name), early, late)
            routed(t.client(1), t.topic(name), early, late)
        _has_kept(t, new, V5, topic)
        _finish(t, cluster)


@own_cluster()
def the_pods_stop_one_after_the_other(args: argparse.Namespace) -> None:
    """A rolling restart: sessions of a pod that stops properly are elsewhere well before its session would time out."""
    with Cluster(args.broker, 3, args.servers, session_timeout_s=20) as cluster:
        t = Stage(cluster, V5)
        topics = {version: _keep_something(t, 0, version) for version in (V311, V5)}
        for pod in range(3):
            cluster.stop(pod)
            began = time.monotonic()
            connect_again(lambda: t.keeper((pod + 1) % 3, "away5")).close()
            took = time.monotonic() - began
            require(took < 10, f"{took:.1f} s until the sessions of a pod that stopped properly were elsewhere")
            cluster.start(pod)
        for version, topic in topics.items():
            _has_kept(t, 1, version, topic)
        _finish(t, cluster)


@own_cluster(pods=1)
def all_pods_are_killed_and_started(args: argparse.Namespace) -> None:
    pods = args.pods
    with Cluster(args.broker, pods, args.servers) as cluster:
        t = Stage(cluster, V5)
        topics = {version: _keep_something(t, pods - 1, version) for version in (V311, V5)}
        for pod in range(pods):
            cluster.kill(pod)
        for pod in range(pods):
            cluster.start(pod)
        for version, topic in topics.items():
            _has_kept(t, 0, version, topic)
        _finish(t, cluster)


@own_cluster()
def a_pod_that_was_stopped_too_long_promises_nothing(args: argparse.Namespace) -> None:
    """SIGSTOP for longer than its session: its sessions go on elsewhere, and its own connections end when it awakes."""
    with Cluster(args.broker, 3, args.servers) as cluster:
        cluster.expected_ends.append(r"pod mqttzoo-2 .* ended with 3:")  # fenced, to be started again by its supervisor
        t = Stage(cluster, V5)
        topic = t.topic("live")
        stale, stale_publisher = t.keeper(2, "moving"), t.client(2)
        stale.subscribe(topic, qos=1)
        publisher = t.client(0)
        routed(publisher, topic, stale)
        routed(stale_publisher, topic, stale)
        away = _keep_something(t, 2, V5)
        cluster.pause(2)
        here = connect_again(lambda: t.keeper(1, "moving"))
        equal(here.connack.session_present, True, "session present")
        cluster.resume(2)
        _ends(stale)
        routed(publisher, topic, here)
        for text in KEPT:
            publisher.publish(topic, text, qos=1)
            here.receive(topic, text)
        here.expect_nothing()
        _has_kept(t, 0, V5, away)
        _serves_again(t, cluster, 2)
        routed(t.client(2), topic, here)
        _finish(t, cluster)


def _ends(client: Client) -> None:
    """The connection ends, whatever comes before."""
    deadline = time.monotonic() + 20
    try:
        while client.read(max(0.0, deadline - time.monotonic())) is not None:
            pass
    except Timeout:
        raise Failure("a connection to a pod that lost its session still stands") from None


def _serves_again(t: Stage, cluster: Cluster, pod: int) -> None:
    """By itself, or by being started when it ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            t.client(pod)
            return
        except (OSError, Failure):
            time.sleep(0.2)
    cluster.start(pod)
    t.client(pod)


@own_cluster()
def the_same_name_comes_back_at_once(args: argparse.Namespace) -> None:
    """Killed and started before its old session has timed out: a new life of the same name, and the old one's sessions."""
    with Cluster(args.broker, 3, args.servers) as cluster:
        t = Stage(cluster, V5)
        topic = _keep_something(t, 2, V5)
        for _ in range(3):
            cluster.order(f"restart {cluster.pods[2].name}")
        _has_kept(t, 2, V5, topic)
        sub, publisher = t.client(2), t.client(0)
        sub.subscribe(t.topic("again"))
        routed(publisher, t.topic("again"), sub)
        _finish(t, cluster)
