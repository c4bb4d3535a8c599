"""What a case works with: a cluster, names nobody else uses, and clients that are closed at its end. And the list of cases."""

from __future__ import annotations

import itertools
import select
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional

from harness import wire
from harness.client import Client, Failure, Timeout
from harness.registry import LABEL
from harness.wire import V5, V311, Packet

from .cluster import Cluster

BOTH = (V311, V5)
KEPT_SECONDS = 3600
# What a cluster may take to agree on something that no acknowledgement tells, on a loaded machine.
AGREE_SECONDS_MAX = 20.0

_serial = itertools.count(1)


class Stage:
    def __init__(self, cluster: Cluster, version: int):
        self.cluster, self.version = cluster, version
        self.unique = f"k{next(_serial)}"
        self.clients: list[Client] = []
        self.login: dict[str, str] = {}  # username and password

    @property
    def v5(self) -> bool:
        return self.version == V5

    def topic(self, rest: str = "t") -> str:
        return f"{self.unique}/{rest}"

    def id(self, name: str) -> str:
        return f"{self.unique}-{name}"

    def client(self, pod: int, name: str = "", version: Optional[int] = None, **connect: Any) -> Client:
        """A connected client of a pod with a clean session; `connect` are wire.connect's arguments."""
        client = Client(self.cluster.pods[pod].address, version or self.version,
                        self.id(name or f"anyone{len(self.clients)}"))
        self.clients.append(client)
        client.connect(**{**self.login, **connect})
        return client

    def keeper(self, pod: int, name: str, version: Optional[int] = None, clean: bool = False, props: Optional[dict] = None,
               **connect: Any) -> Client:
        """A connected client whose session stays."""
        if (version or self.version) == V5:
            connect["props"] = {"session_expiry": KEPT_SECONDS, **(props or {})}
        return self.client(pod, name, version, clean=clean, **connect)

    def finish(self) -> None:
        for client in self.clients:
            client.close()


def routed(publisher: Client, topic: str, *subscribers: Client) -> None:
    """Waits until what `publisher` publishes to `topic` reaches each of the subscribers, and nothing of this is left to read.

    After SUBACK a pod may need a moment until other pods know; how long is measured elsewhere.
    """
    deadline = time.monotonic() + AGREE_SECONDS_MAX
    missing, turn = list(subscribers), 0
    while missing:
        if time.monotonic() > deadline:
            raise Failure(f"{missing[0].client_id} gets nothing of {topic} {AGREE_SECONDS_MAX:g} s after its SUBACK")
        turn += 1
        publisher.publish(topic, f"probe {turn}")
        missing = [s for s in missing if not _has_probe(s)]
    publisher.publish(topic, "probes end")
    for subscriber in subscribers:
        while subscriber.receive(topic).payload != b"probes end":
            pass


def _has_probe(subscriber: Client) -> bool:
    try:
        subscriber.receive(timeout=0.05)
        return True
    except Timeout:
        return False


def eventually(holds: Callable[[], Any], what: str, seconds: float = AGREE_SECONDS_MAX) -> None:
    """For what no event tells."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not so after {seconds:g} s")
        time.sleep(0.05)


def connect_again(make: Callable[[], Client], seconds: float = 30.0) -> Client:
    """A client of a pod that may need a moment to take it: its session is just being adopted."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return make()
        except (Failure, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def drain(client: Client, quiet: float = 0.5, count: int = 0) -> list[Packet]:
    """All messages that come until nothing came for a while, and the first `count` however long each of them takes."""
    return drain_all([client], quiet, count)[0]


def drain_all(clients: list[Client], quiet: float = 0.5, count: int = 0) -> list[list[Packet]]:
    """The messages of each client until none of them got one for a while; `count` is of all together."""
    found: list[list[Packet]] = [[] for _ in clients]

    def patience() -> float:
        return time.monotonic() + (quiet if sum(map(len, found)) >= count else max(quiet, AGREE_SECONDS_MAX))

    until = patience()
    while (left := until - time.monotonic()) > 0:
        here = [c for c in clients if c.pending or wire.split(c.buffer)]
        readable = select.select([c.socket for c in clients], [], [], 0 if here else left)[0]
        for client, mine in zip(clients, found):
            if client.socket not in readable and client not in here:
                continue
            try:
                while True:
                    mine.append(client.receive(timeout=0.001))
                    until = patience()
            except Timeout:
                pass
    return found


# ---------------------------------------------------------------- the list of cases

@dataclass(frozen=True)
class Case:
    """`function` takes a stage of a shared cluster; with `own` it takes the program, the arguments of the run and the name."""

    name: str
    function: Callable
    version: Optional[int] = None
    own: bool = False
    pods: int = 1  # fewest pods it can be tried with


CASES: list[Case] = []


def case(versions: Iterable[int] = BOTH, pods: int = 3) -> Callable:
    """Registers a function for each version, on the cluster that such cases share."""
    def register(function: Callable) -> Callable:
        chapter = function.__module__.rsplit(".", 1)[-1]
        for version in versions:
            CASES.append(Case(f"{chapter}: {function.__name__} ({LABEL[version]})", function, version, pods=pods))
        return function
    return register


def own_cluster(pods: int = 3) -> Callable:
    """Registers a function that starts a cluster of its own."""
    def register(function: Callable) -> Callable:
        chapter = function.__module__.rsplit(".", 1)[-1]
        CASES.append(Case(f"{chapter}: {function.__name__}", function, own=True, pods=pods))
        return function
    return register
