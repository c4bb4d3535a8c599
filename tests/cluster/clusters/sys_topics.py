"""`$SYS` at any pod, and what the figures say about the links between pods."""

from __future__ import annotations

import re

from harness.client import equal, require
from harness.wire import V5

from .stage import Stage, case, eventually, routed

UPTIME = "$SYS/broker/uptime"  # differs with each interval


def figures(t: Stage, pod: int, filter_: str = "$SYS/#") -> dict[str, str]:
    """The latest value of each topic at a pod, after a whole interval: from one that tells its uptime to the next."""
    client = t.client(pod)
    client.subscribe(filter_, UPTIME)
    found, intervals = {}, 0
    while intervals < 2:
        packet = client.receive()
        found[packet.topic] = packet.payload.decode()
        intervals += packet.topic == UPTIME and not packet.retain
    client.leave()
    return found


@case((V5,), pods=1)
def every_pod_has_the_same_names(t: Stage) -> None:
    pods = [figures(t, pod) for pod in range(len(t.cluster.pods))]
    require("$SYS/broker/version" in pods[0], f"{sorted(pods[0])}")
    for number, found in enumerate(pods):
        strange = {n for n in set(found) ^ set(pods[0]) if not _of_one_pod(n)}
        require(not strange, f"only at one of the pods 0 and {number}: {sorted(strange)}")


def _of_one_pod(name: str) -> bool:
    """Topics that carry a pod's name differ by it."""
    return "mqttzoo-" in name


@case((V5,))
def a_pod_tells_its_own_clients(t: Stage) -> None:
    name = "$SYS/broker/clients/connected"
    before = [int(figures(t, pod, name).get(name, "0")) for pod in (0, 1)]
    for _ in range(10):
        t.client(0)
    grown = [0, 0]

    def as_wanted() -> bool:
        grown[:] = [int(figures(t, pod, name).get(name, "0")) - before[pod] for pod in (0, 1)]
        return 9 <= grown[0] <= 11 and -1 <= grown[1] <= 1

    eventually(as_wanted, "10 clients of pod 0 are counted there and not at pod 1")


@case((V5,))
def every_pod_tells_the_clusters_figures(t: Stage) -> None:
    names = [n for n in figures(t, 0) if "/cluster/" in n]
    require(names, "no figures of the cluster under $SYS")
    pods = [n for n in names if n.endswith("cluster/pods") or n.endswith("pods/count")]
    for pod in range(len(t.cluster.pods)):
        found = figures(t, pod)
        require(set(names) <= set(found), f"pod {pod} lacks {sorted(set(names) - set(found))}")
        for name in pods:
            equal(int(found[name]), len(t.cluster.pods), f"{name} at pod {pod}")


@case((V5,))
def a_message_crosses_to_a_pod_once(t: Stage) -> None:
    """Twenty subscribers at a pod are one crossing; a pod without one gets none."""
    pattern = re.compile(r"\$SYS/broker/links/(?:publishes|messages) received")
    topic = t.topic()
    subs, publisher = [t.client(1) for _ in range(20)], t.client(0)
    require(any(pattern.fullmatch(name) for name in figures(t, 1)), "no figures of messages that came over links under $SYS")
    for n, sub in enumerate(subs):
        sub.subscribe(topic if n % 2 else t.topic("#"), qos=1)
    routed(publisher, topic, *subs)

    def received(pod: int) -> int:
        return sum(int(v) for n, v in figures(t, pod).items() if pattern.fullmatch(n))

    before = [received(1), received(2)]
    for n in range(100):
        publisher.publish(topic, f"{n}", qos=1)
    for sub in subs:
        for n in range(100):
            sub.receive(topic, f"{n}")
    after = [received(1), received(2)]
    equal([after[0] - before[0], after[1] - before[1]], [100, 0], "messages that crossed to the pods 1 and 2")
