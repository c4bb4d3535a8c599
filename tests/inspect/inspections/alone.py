"""What a pod that is alone says of itself and of its clients."""

from __future__ import annotations

import json
import os
import pathlib
import re
import tempfile
import time

from harness import wire
from harness.client import Client, require
from harness.wire import V5, V311

from .endpoint import Pod, eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEPT = {"session_expiry": 3600}
HOSTILE = "a/<script>alert(1)</script>\u202e"
HOSTILE_ID = "id-\u202e<b>\"'%2F/\\"


def connected(pod: Pod, name: str, version: int = V5, **more) -> Client:
    client = Client(pod.broker.address, version, name)
    client.connect(**more)
    return client


def answers(binary: str) -> None:
    """Every answer is as its description says, with clients of all kinds there."""
    with Pod(binary, "--inspect.stuck.after=1s") as pod:
        e = pod.endpoint
        subscriber = connected(pod, "subscriber", clean=False, props=KEPT)
        subscriber.subscribe("a/#", qos=1)
        subscriber.subscribe("$share/g/s/#", qos=1)
        old = connected(pod, "old", V311)
        old.subscribe("a/+/+", qos=2)
        publisher = connected(pod, HOSTILE_ID)
        publisher.send(wire.publish(HOSTILE, b"x", 1, publisher.next_pid()))
        publisher.publish("kept", b"y", qos=1, retain=True)
        e.ask("/healthz")
        e.ask("/readyz")
        me = e.ask("/api/v1/pod")
        require(me["clients_connected"] == 3 and me["sessions"] == 3, f"three clients: {me}")
        require(len(e.ask("/api/v1/pods")["pods"]) == 1, "one pod")
        kinds = {a["kind"] for a in e.ask("/api/v1/actors?limit=1000")["items"]}
        require({"session", "topic", "courier", "bank", "home", "index", "post_office", "group"} <= kinds, f"kinds {kinds}")
        for actor in e.ask("/api/v1/actors?limit=1000")["items"]:
            e.ask(f"/api/v1/actors/{actor['id']}")
        require({c["subject"] for c in e.ask("/api/v1/clients")["items"]} == {"subscriber", "old", HOSTILE_ID}, "the clients")
        require(e.client(HOSTILE_ID)["more"]["connected"], "a strange client id is found")
        require([t["subject"] for t in e.ask("/api/v1/topics?contains=%3Cscript")["items"]] == [HOSTILE], "a strange topic is found")
        topic = e.ask("/api/v1/topics/" + "a%2F%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AE")
        require({s["client"] for s in topic["more"]["sessions"]} == {"subscriber", "old"}, f"its subscribers: {topic}")
        e.ask("/api/v1/bank")
        e.ask("/api/v1/links")
        e.ask("/api/v1/stuck")
        e.ask("/api/v1/watches")
        visit(e, "/mqttzoo")


def visit(e, path: str) -> set[str]:
    """All nodes of the store, each as its description says; their kinds."""
    node = e.ask(f"/api/v1/zk?path={path}")
    kinds = {node["kind"]}
    for name in node["child_names"]:
        kinds |= visit(e, f"{path}/{name}")
    return kinds


def visited(e, path: str, kind: str) -> list[str]:
    """The topics of all nodes of that kind that hold a message."""
    node = e.ask(f"/api/v1/zk?path={path}")
    found = [node["content"]["topic"]] if node["kind"] == kind and node["content"] and node["content"]["payload_bytes"] else []
    return found + [t for name in node["child_names"] for t in visited(e, f"{path}/{name}", kind)]


def mistakes(binary: str) -> None:
    """What is asked wrongly is told so, and harms nobody."""
    with Pod(binary) as pod:
        e = pod.endpoint
        for target in ("limit=0", "limit=x", "sort=colour", "waiting=perhaps", "after=1&sort=busy", "what=1"):
            e.ask(f"/api/v1/actors?{target}", status=400)
        e.ask("/api/v1/actors/none", status=400)
        e.ask("/api/v1/actors/999999", status=404)
        e.ask("/api/v1/clients/nobody", status=404)
        e.ask("/api/v1/topics/nothing", status=404)
        for target in ("/api/v1/clients//", "/api/v1/topics//", "/api/v1/actors//"):
            require(e.raw("GET", target)[0] == 404, f"no name in {target}")
        e.ask("/api/v1/zk?path=/", status=400)
        e.ask("/api/v1/zk?path=/zookeeper", status=400)
        e.ask("/api/v1/zk?path=/mqttzoo/none", status=404)
        e.ask("/api/v1/watches?path=/zookeeper", status=400)
        require(e.raw("GET", "/nothing")[0] == 404, "nothing there")
        require(e.raw("PUT", "/api/v1/pod")[0] == 405, "no such method")
        require(e.raw("GET", "/%zz")[0] == 400, "a bad target")
        require(e.raw("GET", "/api/v1/pod", {"X-Long": "x" * 20000})[0] in (400, 413), "a long head")
        require(e.raw("POST", "/api/v1/clients/a/disconnect", body="x" * 20000)[0] == 413, "a long body")
        e.ask("/readyz")


def access(binary: str) -> None:
    """Only who has the token is answered, but for whether the pod lives and is ready."""
    with tempfile.TemporaryDirectory() as place:
        token, file = "0123456789abcdef0123", os.path.join(place, "token")
        with open(file, "w", encoding="ascii") as out:
            out.write(token + " \r\n")  # as some editors leave it
        with Pod(binary, f"--admin.token={file}", token=token) as pod:
            e = pod.endpoint
            e.ask("/api/v1/pod")
            require(e.raw("GET", "/metrics")[0] == 200, "metrics with the token")
            require("Prints" not in e.run("--token", file, "pod", "--json"), "the command takes the token")
            e.token = "0123456789abcdef0124"
            e.ask("/api/v1/pod", status=401)
            require(e.raw("GET", "/metrics")[0] == 401, "no metrics without it")
            e.ask("/healthz")
            require(e.ask("/readyz") == {"ready": True}, "no details without it")
            e.token = token
            text = e.raw("GET", "/metrics")[1]
            require("mqttzoo_admin_denied_total 2\n" in text, "only those that were turned away are counted")
    with Pod(binary) as pod:
        status, _ = pod.endpoint.raw("GET", "/api/v1/pod", {"Host": "evil.example"})
        require(status == 401, "a page of another host cannot ask")
    open_to_all = Pod(binary, "--admin.address=0.0.0.0")
    try:
        with open_to_all:
            require(False, "a pod without a token is open to the network")
    except RuntimeError as why:
        require("admin.token" in str(why), f"its reason: {why}")


def actions(binary: str) -> None:
    """Clients are disconnected and sessions dropped where that is allowed, and nowhere else."""
    json_type = {"Content_Type": "application/json"}
    with Pod(binary) as pod:
        pod.endpoint.ask("/api/v1/clients/a/disconnect", "POST", 403, **json_type)
        pod.endpoint.ask("/api/v1/clients/a", "DELETE", 403)
        pod.endpoint.ask("/api/v1/retained?filter=%23", "DELETE", 403)
    with Pod(binary, "--admin.actions.allowed=true") as pod:
        e = pod.endpoint
        client = connected(pod, "a", clean=False, props=KEPT)
        client.subscribe("t", qos=1)
        for topic in ("r/1", "r/2", "s/1"):
            client.publish(topic, b"x", qos=1, retain=True)
        e.ask("/api/v1/retained?filter=r%2F%2B%2Fx%23", "DELETE", 400)
        require(json.loads(e.run("forget", "r/+")) == {"removed": 2}, "two are removed")
        eventually("they are gone", lambda: len(visited(e, "/mqttzoo/retained", "retained")) == 1)
        e.ask("/api/v1/clients/a/disconnect", "POST", 415)
        e.ask("/api/v1/clients/b/disconnect", "POST", 404, **json_type)
        require(e.raw("POST", "/api/v1/clients//disconnect", {"Content-Type": "application/json"})[0] == 404, "no name disconnects nobody")
        require(e.raw("DELETE", "/api/v1/clients//")[0] == 404, "no name drops nobody")
        client.ping()
        e.ask("/api/v1/clients/a/disconnect", "POST", **json_type)
        client.expect(wire.DISCONNECT, code=0x98)
        again = Client(pod.broker.address, V5, "a")
        again.connect(clean=False, props=KEPT)
        require(again.connack.session_present, "the session stayed")
        e.run("drop", "a")
        again.expect(wire.DISCONNECT, code=0x98)
        eventually("the session is gone", lambda: e.ask("/api/v1/clients")["items"] == [])
        fresh = Client(pod.broker.address, V5, "a")
        fresh.connect(clean=False, props=KEPT)
        require(not fresh.connack.session_present, "the session was dropped")


def metrics(binary: str) -> None:
    """Prometheus can read the metrics, they are named as it wants, and they count."""
    with Pod(binary) as pod:
        client = connected(pod, "m")
        client.subscribe("t", qos=1)
        client.publish("t", b"x", qos=1)
        client.receive("t", b"x")
        client.ping()
        status, text = pod.endpoint.raw("GET", "/metrics")
        require(status == 200, "metrics are there")
        kinds, values = {}, {}
        for line in text.splitlines():
            if found := re.fullmatch(r"# TYPE (\S+) (counter|gauge|histogram)", line):
                kinds[found[1]] = found[2]
            elif not line.startswith("#"):
                found = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? (\S+)', line)
                require(found is not None, f"a line of no known form: {line}")
                values[found[1]] = values.get(found[1], 0.0) + float(found[3])
                labels = set(re.findall(r'([a-z]+)="', found[2] or ""))
                require(labels <= {"unit", "le", "qos", "version", "outcome", "listener", "reason", "why"}, f"an unbounded label: {line}")
        listed = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text(encoding="utf-8"), re.M))
        require(listed == set(kinds), f"docs/metrics.md differs: {sorted(listed ^ set(kinds))}")
        for name, kind in kinds.items():
            require(name.startswith(("mqttzoo_", "process_")), f"prefix of {name}")
            require((kind == "counter") == name.endswith("_total"), f"{name} is a {kind}")
        for name, least in {"mqttzoo_publishes_received_total": 1, "mqttzoo_publishes_sent_total": 1, "mqttzoo_clients_connected": 1,
                            "mqttzoo_acknowledge_seconds_count": 1, "mqttzoo_promise_seconds_count": 1, "mqttzoo_store_connected": 1,
                            "process_resident_memory_bytes": 1e6, "process_start_time_seconds": time.time() - 600}.items():
            require(values.get(name, 0) >= least, f"{name} is {values.get(name)}")
        require(values["process_start_time_seconds"] <= time.time() + 5, "it did not start in the future")


def lists_say_what_they_leave_out(binary: str) -> None:
    """A list that is not whole says so, of one pod and of all, by id and in any other order."""
    with Pod(binary) as pod:
        e = pod.endpoint
        clients = [connected(pod, f"c{n}") for n in range(5)]
        by_id = e.run("clients", "--table", "--limit", "3")
        after = re.search(r"\n3 of 5; more with --after (\d+)\n$", by_id)
        require(after is not None, f"a page says that there are more: {by_id}")
        rest = e.run("clients", "--table", "--limit", "3", "--after", after[1])
        require("more" not in rest and "--limit" not in rest, f"the last page: {rest}")
        by_wait = e.run("clients", "--table", "--limit", "3", "--sort", "wait")
        require(by_wait.endswith("\n3 of 5; more with a larger --limit\n"), f"in another order: {by_wait}")
        cluster = e.run("--cluster", "clients", "--table", "--limit", "3")
        require(": 3 of 5; more with a larger --limit, or at its --url with --after " in cluster, f"of all pods: {cluster}")
        for command in (("clients",), ("--cluster", "clients"), ("clients", "--sort", "wait")):
            require("more" not in e.run(*command, "--table"), f"{command} shows all")
        for client in clients:
            client.ping()


def command_line(binary: str) -> None:
    """`mqttzoo inspect` prints tables for people and JSON for programs."""
    with Pod(binary) as pod:
        e = pod.endpoint
        client = connected(pod, "evil\u0085id")
        client.subscribe("t", qos=1)
        client.publish("t", b"x", qos=1)
        client.receive("t", b"x")
        client.ping()
        for command in (("pods",), ("pod",), ("ready",), ("health",), ("actors",), ("clients",), ("topics",), ("topic", "t"), ("bank",), ("zk",),
                        ("zk", "/mqttzoo/bank/free"), ("watches",), ("stuck",), ("links",), ("actors", "--sort", "busy", "--limit", "3")):
            table = e.run(*command, "--table")
            require(table and "\x1b" not in table, f"a table of {command}")
            json.loads(e.run(*command))
            json.loads(e.run("--cluster", *command))
        require("evil\\x85id" in e.run("clients", "--table"), "control characters are shown, not sent to the terminal")
        require("served" in e.run("client", "evil\u0085id", "--table"), "a client is explained")
        require("by mailbox" in e.run("top", "--rounds", "1", "--sort", "mailbox", "--table"), "top")
        require(json.loads(e.run("top", "--sort", "messages"))["actors"], "top for programs")
        e.run("top", "--cluster", status=1)
        require("examples:" in e.run("--help"), "help with examples")
        require("complete -F" in e.run("completion"), "a script for bash")
        e.run("client", "nobody", status=1)
        e.run("colours", status=1)
        e.run("client", status=1)
        e.run("actors", "--limit", "0", status=1)
    e.run("pod", status=1)  # nobody listens any more
    for announced, url in (("ops.example:9090", "http://ops.example:9090"), ("fd00::1", "http://[fd00::1]:{}"), ("ops", "http://ops:{}")):
        with Pod(binary, f"--admin.announce={announced}") as pod:
            said = pod.endpoint.ask("/api/v1/pods")["pods"][0]["admin"]
            require(said == url.format(pod.endpoint.port), f"{announced} is announced as {said}")


CASES = (answers, mistakes, access, actions, metrics, lists_say_what_they_leave_out, command_line)
