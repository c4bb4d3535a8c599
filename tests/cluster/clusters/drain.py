"""Pods that leave under load and come back: they hand their sessions over, tell clients where to go, and lose nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import time
import urllib.error
import urllib.request

from harness.client import Client, Failure, equal, require
from harness.wire import DISCONNECT, V5, V311

from .cluster import Cluster
from .load import Crowd
from .stage import Stage, connect_again, drain, eventually, own_cluster, routed

DEADLINE_SECONDS = 20
# What it may take beyond that to store what is left and to end, on a loaded machine.
END_SECONDS_MAX = 10
OPTIONS = (f"--drain.deadline={DEADLINE_SECONDS}s", "--drain.rate=20", "--admin.port=0", "--admin.actions.allowed=true")
ENDS_WELL = r"pod .* ended with 0:"


def _ports(pid: int) -> list[int]:
    """That the process listens on."""
    own = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            own.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            pass  # closed meanwhile
    ports = []
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
        for fields in map(str.split, table.readlines()[1:]):
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                ports.append(int(fields[1].rsplit(":", 1)[1], 16))
    return ports


class Endpoint:
    """A pod's endpoint for operators."""

    def __init__(self, cluster: Cluster, pod: int):
        place = cluster.pods[pod]
        for port in _ports(place.pid):
            self.url = f"http://127.0.0.1:{port}"
            if port != place.address[1] and self._serves():
                return
        raise Failure(f"{place.name} has no endpoint for operators")

    def _serves(self) -> bool:
        try:
            return "healthy" in self.ask("/healthz")
        except (OSError, ValueError):
            return False

    def ask(self, path: str, how: str = "GET") -> dict:
        request = urllib.request.Request(self.url + path, method=how, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    def sessions(self) -> int:
        return self.ask("/api/v1/pod")["sessions"]


def _await_end(cluster: Cluster, pid: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while os.path.exists(f"/proc/{pid}"):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except (FileNotFoundError, ProcessLookupError):
            return  # just now
        if time.monotonic() > deadline:
            raise Failure(f"the pod has not ended {seconds:g} s after it was asked to\n{cluster.complaints()}")
        time.sleep(0.05)


def _drain_and_start(cluster: Cluster, pod: int) -> float:
    """As a rolling restart does; how long it took the pod to leave."""
    name, pid = cluster.pods[pod].name, cluster.pods[pod].pid
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    _await_end(cluster, pid, DEADLINE_SECONDS + END_SECONDS_MAX)
    took = time.monotonic() - began
    told = f"pod {name} {cluster.pods[pod].address[0]}:{cluster.pods[pod].address[1]} pid {pid} ended with "
    eventually(lambda: told in cluster.complaints(), f"{name} ended")
    require(told + "0:" in cluster.complaints(), f"{name} did not end with status 0:\n{cluster.complaints()}")
    cluster.start(pod)
    return took


async def _roll(cluster: Cluster, args: argparse.Namespace, qos: int) -> list[str]:
    crowd = Crowd(cluster, qos, args.seed)
    loop = asyncio.get_running_loop()
    try:
        await crowd.begin()
        took = []
        for _ in range(2):
            for pod in range(len(cluster.pods)):
                took.append(await loop.run_in_executor(None, _drain_and_start, cluster, pod))
                crowd.check_alive()
        await crowd.arrives()
        problems = await crowd.finish()
    except Failure as why:
        raise Failure("\n     ".join([f"seed {args.seed}: {why}", *await crowd.finish()])) from why
    finally:
        crowd.close()
    crowd.tell(f"{len(took)} pods drained in {min(took):.1f} to {max(took):.1f} s")
    movers = crowd.publishers + crowd.subscribers
    sent, taken, on = (sum(getattr(m, what) for m in movers) for what in ("sent_away", "taken_in", "sent_on"))
    print(f"  {sent} clients were sent elsewhere, {taken} were let in there at once, {on} sent on as that pod was the next to leave", flush=True)
    if max(took) > DEADLINE_SECONDS:
        problems.append(f"a pod took {max(took):.1f} s to leave")
    if sent < len(took) or taken + on < 0.9 * sent:
        problems.append(f"{sent} clients were sent elsewhere, and {taken} were let in there at once")
        problems += [why for m in movers for why in m.turned_away]
    return problems


def _rolling(args: argparse.Namespace, qos: int) -> None:
    with Cluster(args.broker, 3, args.servers, options=OPTIONS) as cluster:
        cluster.expected_ends.append(ENDS_WELL)
        if problems := asyncio.run(_roll(cluster, args, qos)):
            raise Failure("\n     ".join([f"seed {args.seed}:", *problems]))


@own_cluster()
def qos_1_while_all_pods_are_restarted_in_turn_twice(args: argparse.Namespace) -> None:
    _rolling(args, 1)


@own_cluster()
def qos_2_while_all_pods_are_restarted_in_turn_twice(args: argparse.Namespace) -> None:
    _rolling(args, 2)


def _leave_behind(t: Stage, pod: int, count: int, version: int = V5) -> list[str]:
    """Sessions that are away at a pod, each with a message of its own; their names."""
    names = [f"away{version}-{pod}-{n}" for n in range(count)]
    publisher = t.client(pod)
    for name in names:
        sub = t.keeper(pod, name, version=version)
        sub.subscribe(t.topic(name), qos=1)
        routed(publisher, t.topic(name), sub)
        sub.leave()
        publisher.publish(t.topic(name), name, qos=1)
    return names


def _has_all(t: Stage, pod: int, names: list[str], version: int = V5) -> None:
    for name in names:
        sub = connect_again(lambda: t.keeper(pod, name, version=version))
        equal(sub.connack.session_present, True, f"session present of {name}")
        equal([p.payload.decode() for p in drain(sub, 0.3, count=1)], [name], f"messages of {name}")
        sub.leave()


@own_cluster()
def a_drained_pod_leaves_no_session_behind(args: argparse.Namespace) -> None:
    """Away or connected, of both versions; clients hear where to go, and new ones are not let in."""
    with Cluster(args.broker, 3, args.servers, options=OPTIONS) as cluster:
        cluster.expected_ends.append(ENDS_WELL)
        t = Stage(cluster, V5)
        kept = {version: _leave_behind(t, 0, 5, version) for version in (V311, V5)}
        there, fresh = t.keeper(0, "there"), t.client(0, "fresh")
        for n in range(60):  # so that it takes a while
            t.keeper(0, f"crowd{n}").leave()
        pid, endpoint = cluster.pods[0].pid, Endpoint(cluster, 0)
        equal(endpoint.ask("/api/v1/pod/drain", "POST"), {"done": True}, "POST drain")
        eventually(lambda: not endpoint.ask("/readyz").get("ready", True), "not ready", 5)
        others = [f"{host}:{port}" for host, port in cluster.addresses()[1:]]
        newcomer = Client(cluster.pods[0].address, V5, t.id("newcomer"))
        connack = newcomer.connect(code=0x9C)
        require(connack.props["server_reference"] in others, f"a reference to {connack.props}")
        for client in (there, fresh):
            goodbye = client.expect(DISCONNECT, DEADLINE_SECONDS, code=0x9C)
            require(goodbye.props["server_reference"] in others, f"a reference to {goodbye.props}")
        _await_end(cluster, pid, DEADLINE_SECONDS + END_SECONDS_MAX)
        for version, names in kept.items():
            _has_all(t, 1, names, version)
        equal(connect_again(lambda: t.keeper(2, "there")).connack.session_present, True, "session present")
        t.finish()


@own_cluster()
def sessions_go_to_a_pod_that_was_added(args: argparse.Namespace) -> None:
    with Cluster(args.broker, 2, args.servers, options=OPTIONS) as cluster:
        t = Stage(cluster, V5)
        kept = _leave_behind(t, 0, 20) + _leave_behind(t, 1, 20)
        new = cluster.add()
        ends = [Endpoint(cluster, pod) for pod in range(3)]
        equal(ends[new].sessions(), 0, "sessions at the new pod")
        for end in ends:
            equal(end.ask("/api/v1/pod/rebalance?rate=50", "POST"), {"done": True}, "POST rebalance")
        # A pod begins after its answer: that all serve may be said of the time before.
        eventually(lambda: all(e.sessions() >= 5 for e in ends) and all(e.ask("/api/v1/pod")["drain"]["state"] == "serving" for e in ends),
                   "each has its share, and all have come to the end of it", 60)
        shares = [e.sessions() for e in ends]
        print(f"  sessions of the pods: {shares}", flush=True)
        require(all(share >= 5 for share in shares), f"the shares are {shares}")
        _has_all(t, new, kept)
        t.finish()
        if complaints := cluster.unexpected_ends():
            raise Failure(complaints)
