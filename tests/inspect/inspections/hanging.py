"""Sessions that hang on purpose: `inspect client` must say why."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import tempfile

from clustering import servers as ensemble
from clustering.network import Loopback
from clustering.pods import Pods
from clustering.ports import free_port
from clustering.process import Process, stop
from harness import wire
from harness.broker import Unsupported
from harness.client import Client, require
from harness.wire import V5, V311

from .endpoint import Endpoint, Pod, eventually

KEPT = {"session_expiry": 3600}
TICK_MS = 1000
# A paused server ends no session, so the pod has time: its own end of the link notices after two thirds of this.
# What a case looks at meanwhile has the last third: the server ends a session that is over as soon as it continues.
SESSION_TIMEOUT_S = 15


def explained(e: Endpoint, client: str, *words: str) -> str:
    """What is said of a client, once it has these words."""

    def said() -> str:
        text = e.run("client", client, "--table").split("\n\n")[0]
        return text if all(w in text for w in words) else ""

    try:
        return eventually(f"inspect client {client} says {words}", said)
    except Exception:
        print(e.run("client", client, "--table"), flush=True)
        raise


def silent_subscriber(binary: str) -> None:
    """A subscriber never acknowledges."""
    with Pod(binary, "--inspect.stuck.after=3s") as pod:
        e = pod.endpoint
        silent = Client(pod.broker.address, V5, "silent")
        silent.connect(props={"receive_maximum": 2})
        silent.subscribe("t", qos=1)
        publisher = Client(pod.broker.address, V5, "publisher")
        publisher.connect()
        for n in range(5):
            publisher.publish("t", str(n), qos=1, code=None)
        text = explained(e, "silent", "2 messages of a window of 2", "topic t", "waits for PUBACK", "never acknowledged",
                         "3 messages", "window, which is full")
        require("publisher" not in text, "it is not about the publisher")
        waits = e.client("silent")["waits"]
        require(waits["on"] == "client" and waits["what"] == "PUBACK" and waits["for_ms"] > 0, f"what it waits for: {waits}")
        stuck = eventually("the watchdog names it", lambda: e.ask("/api/v1/stuck")["actors"])
        require([s["subject"] for s in stuck] == ["silent"], f"stuck: {stuck}")
        require([s["subject"] for s in e.ask("/readyz")["stuck"]] == ["silent"], "it is in the details of readyz")
        eventually("it is in the log", lambda: "waited for long" in pod.broker.log(50) and "silent" in pod.broker.log(50))
        require("silent" in e.run("stuck", "--table"), "and in a table")
        for _ in range(5):
            silent.receive("t")
        eventually("it is served again", lambda: "waits for nothing" in e.run("client", "silent", "--table"))
        eventually("nobody is stuck", lambda: e.ask("/api/v1/stuck")["count"] == 0)
        require(e.ask("/api/v1/stuck")["episodes"] == 1, "once")


def bank_without_credit(binary: str) -> None:
    """The bank cannot pay for what a 3.x client publishes."""
    with Pod(binary, "--bank.capacity=64KiB", "--bank.patience=1h", "--bank.ttl.min=1h", "--bank.ttl.max=1h") as pod:
        e = pod.endpoint
        away = Client(pod.broker.address, V5, "away")
        away.connect(clean=False, props=KEPT)
        away.subscribe("t", qos=1)
        away.leave()
        publisher = Client(pod.broker.address, V311, "poor")
        publisher.connect()
        for _ in range(12):  # 8 KiB each: more than there is room for
            publisher.try_send(wire.publish("t", b"x" * 8000, 1, publisher.next_pid(), version=V311))
        text = explained(e, "poor", "waited for room", "bank.capacity", "credits left of")
        require("cannot be reached" not in text, "the store is not to blame")
        waits = e.client("poor")["waits"]
        require(waits["on"] == "credit", f"what it waits for: {waits}")
        held = e.client("poor")["held"]
        require(held["messages"] > 0 and held["credits"] > 0, f"what it owes: {held}")
        require(e.ask("/api/v1/topics/t")["held"] == held, "and what for")
        bank = e.ask("/api/v1/bank")
        require([c["name"] for c in bank["more"]["clients"]] == ["poor"], f"whose credits they are: {bank}")
        require([t["name"] for t in bank["more"]["topics"]] == ["t"], f"what for: {bank}")
        require(bank["ledger"]["refusals"] > 0, "refusals are counted")
        back = Client(pod.broker.address, V5, "away")
        back.connect(clean=False, props=KEPT)
        for _ in range(12):
            back.receive("t")
        eventually("it is served again", lambda: e.client("poor")["waits"]["on"] == "nothing")


@contextlib.contextmanager
def cluster(binary: str, pods: int, *options: str):
    """A ZooKeeper server and pods with endpoints: the server, and the endpoints in order."""
    if not os.path.exists(ensemble.CLASS_PATH.split(":")[0]):
        raise Unsupported("ZooKeeper is not installed")
    with tempfile.TemporaryDirectory() as home:
        network = Loopback()
        servers = ensemble.make(1, TICK_MS, pathlib.Path(home), network, "256m")
        made: list[Process] = []
        endpoints = []
        try:
            ensemble.start(servers)
            for _ in range(pods):
                port = free_port()
                endpoints.append(Endpoint(port, os.path.join(os.path.dirname(binary), "mqttzoo")))
                one = Pods(binary, ensemble.addresses(servers), pathlib.Path(home), network,
                           [f"--admin.port={port}", f"--zk.session.timeout={SESSION_TIMEOUT_S}s", "--sys.interval=0", *options])
                one.made = list(made)  # the next name
                made.append(one.make().launch())
            for pod in made:
                pod.await_ready()
            yield servers[0], made, endpoints
        finally:
            stop(made)
            stop(servers)


def client_of(pod: Process, name: str, version: int = V5, **more) -> Client:
    host, port = pod.address.rsplit(":", 1)
    client = Client((host, int(port)), version, name)
    client.connect(**more)
    return client


def all_stopped(pid: int) -> bool:
    """Whether no thread of that process runs any more: some go on for a moment after the signal."""
    tasks = pathlib.Path(f"/proc/{pid}/task")
    try:
        return all((task / "stat").read_text().rsplit(")", 1)[1].split()[0] == "T" for task in tasks.iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return False  # a thread that ended meanwhile was none that stands still


def cut_off_from_zookeeper(binary: str) -> None:
    """ZooKeeper does not answer: the pod is not ready, and a publisher without a promise is told why."""
    with cluster(binary, 1, "--bank.patience=1h") as (server, (pod,), (e,)):
        eventually("ready", lambda: e.raw("GET", "/readyz")[0] == 200)
        away = client_of(pod, "away", clean=False, props=KEPT)
        away.subscribe("t", qos=1)
        away.leave()
        # Of 3.1.1: one of 5.0 may be told at once that nothing can be promised.
        publisher = client_of(pod, "promised", V311)
        publisher.publish("t", b"x", qos=1)
        os.kill(server.child.pid, signal.SIGSTOP)
        try:
            eventually("the server stands still", lambda: all_stopped(server.child.pid))
            publisher.send(wire.publish("t", b"y", 1, publisher.next_pid(), version=V311))
            text = explained(e, "promised", "ZooKeeper cannot be reached", "1 publish of its client", "without a promise")
            require(text.startswith("ZooKeeper"), "the reason comes first")
            not_ready = e.ask("/readyz", status=503)
            require(any("ZooKeeper cannot be reached" in w for w in not_ready["why_not"]), f"readyz: {not_ready}")
            e.ask("/healthz")  # the pod itself is well
            e.run("ready", status=1)
            e.run("health")
            require(e.ask("/api/v1/bank")["waits"]["on"] == "store", "the bank waits for the store")
        finally:
            os.kill(server.child.pid, signal.SIGCONT)
        publisher.expect(wire.PUBACK, timeout=30)
        eventually("ready again", lambda: e.raw("GET", "/readyz")[0] == 200)
        eventually("it is served again", lambda: e.client("promised")["waits"]["on"] == "nothing")


def two_pods(binary: str) -> None:
    """Each pod knows the other's endpoint, so one question reaches both."""
    with cluster(binary, 2) as (_, pods, endpoints):
        for e in endpoints:
            eventually("ready", lambda e=e: e.raw("GET", "/readyz")[0] == 200)
        first, second = endpoints
        here, there = client_of(pods[0], "here"), client_of(pods[1], "there")
        there.subscribe("t", qos=1)
        here.publish("t", b"x", qos=1, code=None)
        there.receive("t", b"x")
        seen = first.ask("/api/v1/pods")
        require(len(seen["pods"]) == 2 and seen["settled"], f"two pods: {seen}")
        require({p["admin"] for p in seen["pods"]} == {f"http://127.0.0.1:{e.port}" for e in endpoints}, f"their endpoints: {seen}")
        links = first.ask("/api/v1/links")["items"]
        require(len(links) == 1 and links[0]["linked"], f"a link: {links}")
        require(first.ask("/api/v1/topics/t")["more"]["pods"], "the topic goes to the other pod")
        table = first.run("--cluster", "clients", "--table")
        require("here" in table and "there" in table and "mqttzoo-1" in table, f"clients of both: {table}")
        first.run("client", "there", status=1)
        require("there" in first.run("--cluster", "client", "there", "--table"), "a client of the other pod is found")
        require("wants of topics" in visit_kinds(second), "what pods want is decoded")


def visit_kinds(e: Endpoint) -> set[str]:
    from .alone import visit
    return visit(e, "/mqttzoo")


CASES = (silent_subscriber, bank_without_credit, cut_off_from_zookeeper, two_pods)
