"""Messages that do not fit into one node of ZooKeeper: whole at every pod, also when the pod that stored them has died."""

from __future__ import annotations

import argparse
import random

from harness import wire
from harness.client import Client, require
from harness.wire import V5

from .books import Books, read_books
from .cluster import Cluster
from .stage import Stage, connect_again, eventually, own_cluster

LARGE_BYTES = 3 << 20
# For all that is large to be published and fetched, with a death, an adoption and a loaded machine in between.
TTL_MIN_S, TTL_MAX_S = 60, 70
LATE_SECONDS_MAX = 20
OPTIONS = ("--mqtt.packet.bytes.max=8MiB", "--links.frame.bytes.max=16MiB", f"--bank.ttl.min={TTL_MIN_S}s",
           f"--bank.ttl.max={TTL_MAX_S}s", "--bank.capacity=256MiB")


def _bytes(seed: int) -> bytes:
    return random.Random(seed).randbytes(LARGE_BYTES)


def _balanced(cluster: Cluster) -> Books:
    books = read_books(cluster)
    require(books.total > 0 and books.missing() == 0, str(books))
    return books


def _check_retained(t: Stage, pod: int, wanted: bytes) -> None:
    def same() -> bool:
        reader = connect_again(lambda: t.client(pod))
        reader.subscribe(t.topic("kept"), qos=1)
        got = reader.receive(t.topic("kept")).payload
        reader.leave()
        return got == wanted

    eventually(same, f"the retained message of pod {pod} is the last one")


def _store(t: Stage, pod: int) -> None:
    """Mail and retained messages in parts that this pod wrote, and some that it is writing when it dies."""
    subscriber = t.keeper(pod, "away")
    subscriber.subscribe(t.topic("mail"), qos=1)
    subscriber.leave()
    publisher = t.client(pod)
    publisher.publish(t.topic("mail"), _bytes(1), qos=1)
    publisher.publish(t.topic("mail"), "small", qos=1)
    for n in (2, 3):
        publisher.publish(t.topic("kept"), _bytes(n), qos=1, retain=True)
    for other in range(len(t.cluster.pods)):
        _check_retained(t, other, _bytes(3))
    for n in range(4):
        publisher.send(wire.publish(t.topic("mail"), _bytes(10 + n), 1, 100 + n, version=V5))
        publisher.send(wire.publish(t.topic(f"other/{n}"), _bytes(20 + n), 1, 200 + n, retain=True, version=V5))


def _resumed(t: Stage, pod: int) -> Client:
    subscriber = connect_again(lambda: t.keeper(pod, "away"))
    require(subscriber.connack.session_present, "the session is gone")
    return subscriber


@own_cluster(pods=3)
def outlive_the_pod_that_stored_them(args: argparse.Namespace) -> None:
    with Cluster(args.broker, 3, args.servers, options=OPTIONS) as cluster:
        t = Stage(cluster, V5)
        try:
            _store(t, 1)
            cluster.kill(1)
            subscriber = _resumed(t, 0)
            require(subscriber.receive(t.topic("mail")).payload == _bytes(1), "another message came")
            subscriber.receive(t.topic("mail"), b"small")
            for pod in (0, 2):
                _check_retained(t, pod, _bytes(3))
            cluster.start(1)  # it has nothing in memory
            _check_retained(t, 1, _bytes(3))
            _balanced(cluster)
            _clean_up(t)
        finally:
            t.finish()


def _clean_up(t: Stage) -> None:
    publisher = t.client(2)
    for topic in ("kept", *(f"other/{n}" for n in range(4))):
        publisher.publish(t.topic(topic), b"", qos=1, retain=True)
    eventually(lambda: not _balanced(t.cluster).mail, "nothing is held any more", TTL_MAX_S + LATE_SECONDS_MAX)


@own_cluster(pods=3)
def reach_sessions_of_other_pods(args: argparse.Namespace) -> None:
    with Cluster(args.broker, 3, args.servers, options=OPTIONS) as cluster:
        t = Stage(cluster, V5)
        try:
            for pod in range(3):
                subscriber = t.keeper(pod, f"away{pod}")
                subscriber.subscribe(t.topic("mail"), qos=2)
                subscriber.leave()
            publisher = t.client(0)
            for n in range(4):
                publisher.publish(t.topic("mail"), _bytes(n), qos=1 + n % 2)
            for pod in range(3):
                subscriber = t.keeper((pod + 1) % 3, f"away{pod}")
                for n in range(4):
                    require(subscriber.receive(t.topic("mail")).payload == _bytes(n), f"message {n} is another one")
            _clean_up(t)
        finally:
            t.finish()
