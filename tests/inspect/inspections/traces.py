"""Messages are followed from socket to socket, at one pod and over two, and what became of each is told."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

from harness import wire
from harness.client import Client, require
from harness.wire import V5

from .alone import HOSTILE, HOSTILE_ID, KEPT, connected
from .endpoint import Endpoint, Pod, eventually
from .hanging import client_of, cluster


def begin(e: Endpoint, **what: Any) -> str:
    """Where the trace is read."""
    return f"/api/v1/traces/{e.send('/api/v1/traces', what)['id']}"


def told(e: Endpoint, trace: str, messages: int, *verdicts: str) -> list[dict]:
    """All messages with their steps, once there are so many and each has one of these verdicts."""

    def seen() -> list[dict]:
        page = e.ask(trace)
        found = page["messages"]
        for m in found:
            m["all"] = sorted((s for s in page["steps"] if s["message"] == m["number"]), key=lambda s: s["unix_us"])
        done = len(found) == messages and all(m["verdict"] in verdicts for m in found)
        return sorted(found, key=lambda m: m["first_unix_us"]) if done else []

    try:
        return eventually(f"{messages} messages are {verdicts}", seen)
    except Exception:
        print(json.dumps(e.ask(trace), indent=1), flush=True)
        raise


def events(message: dict) -> list[str]:
    return [s["event"] for s in message["all"]]


def verdicts(binary: str) -> None:
    """Delivered, mailed, refused, expired, dropped and without subscribers: each is said, and why."""
    with Pod(binary) as pod:
        e = pod.endpoint
        publisher = connected(pod, "publisher")
        live = connected(pod, "live")
        live.subscribe("live", qos=1)
        away = connected(pod, "away", clean=False, props=KEPT)
        away.subscribe("away", qos=1)
        away.leave()
        trace = begin(e, client="publisher")
        publisher.publish("live", b"x", qos=1)
        live.receive("live")
        publisher.publish("away", b"payload-is-never-told", qos=1)
        publisher.publish("nobody", b"x", qos=1, code=0x10)
        publisher.publish("$SYS/forbidden", b"x", qos=1, code=0x87)
        publisher.publish("away", b"x")
        delivered, mailed, unwanted, refused, dropped = told(e, trace, 5, "delivered", "mailed", "no subscribers", "refused", "dropped")
        require(delivered["verdict"] == "delivered" and delivered["delivered"] == 1, f"delivered: {delivered}")
        require({"received", "routed", "sent", "promised", "acknowledged"} == set(events(delivered)), f"its steps: {delivered}")
        sent = next(s for s in delivered["all"] if s["event"] == "sent")
        require(sent["client"] == "live" and sent["qos"] == 1 and sent["packet_id"] > 0, f"whom it was sent to: {sent}")
        require(mailed["verdict"] == "mailed" and {"queued", "mailed", "promised"} <= set(events(mailed)), f"mailed: {mailed}")
        require(mailed["payload_bytes"] == 21 and "never-told" not in json.dumps(e.ask(trace)), "its size, and not its payload")
        require(unwanted["verdict"] == "no subscribers", f"nobody wants it: {unwanted}")
        require((refused["verdict"], refused["why"]) == ("refused", "Not authorized"), f"refused: {refused}")
        require(dropped["verdict"] == "dropped" and "not connected" in dropped["why"], f"dropped: {dropped}")
        back = Client(pod.broker.address, V5, "away")
        back.connect(clean=False, props=KEPT)
        back.receive("away")
        require(told(e, trace, 5, "delivered", "no subscribers", "refused", "dropped")[1]["verdict"] == "delivered", "mail is delivered later")
        e.ask(trace, "DELETE")  # a message is followed by one trace
        expiring = begin(e, topic="expiring/#")
        back.subscribe("expiring/#", qos=1)
        back.leave()
        publisher.publish("expiring/soon", b"x", qos=1, props={"message_expiry": 1})
        (gone,) = told(e, expiring, 1, "mailed", "expired")
        eventually("its time is over", lambda: told(e, expiring, 1, "mailed", "expired")[0]["verdict"] == "expired")
        require(gone["publisher"] == "publisher", f"who published it: {gone}")


def mistakes_of_traces(binary: str) -> None:
    """What cannot be followed is told so; bounds hold; who asks for no JSON is refused."""
    with Pod(binary, "--trace.max=2", "--trace.steps.max=100", "--trace.duration.max=60s", "--trace.messages.rate=1000") as pod:
        e = pod.endpoint
        for wrong in ("", "[]", {}, {"client": ""}, {"topic": "a/#/b"}, {"topic": "a", "client": "b"}, {"one_in": 0},
                      {"one_in": 1, "for_ms": 60_001}, {"one_in": 1, "colour": "red"}):
            e.send("/api/v1/traces", wrong, 400)
        require(e.raw("POST", "/api/v1/traces", body='{"one_in": 1}')[0] == 415, "a form of another site cannot begin one")
        for target, status in (("x", 400), ("0", 400), ("1", 404), ("1?after=x", 400), ("1?limit=0", 400)):
            e.ask(f"/api/v1/traces/{target}", status=status)
        e.ask("/api/v1/traces/1", "DELETE", 404)
        publisher = connected(pod, "p")
        full = begin(e, one_in=1)
        other = begin(e, topic="other")
        e.send("/api/v1/traces", {"one_in": 1}, 429)
        for _ in range(6):
            publisher.send(*(wire.publish("t", b"x") for _ in range(20)))
        publisher.ping()
        ended = eventually("it ends by itself", lambda: (t := e.ask(full)["trace"])["state"] == "ended" and t)
        require(ended["steps"] == 100 and "trace.steps.max" in ended["ended_by"], f"with its steps: {ended}")
        page = e.ask(f"{full}?after=90&limit=4")
        require([s["number"] for s in page["steps"]] == [91, 92, 93, 94] and page["next"] == 94, f"a page: {page}")
        more = begin(e, topic="more")  # in the place of the one that has ended
        e.ask(full, status=404)
        require({t["state"] for t in e.ask("/api/v1/traces")["items"]} <= {"following", "finishing"}, "two run")
        for trace in (other, more):
            e.ask(trace, "DELETE")
        timed = begin(e, topic="timed", for_ms=2000)
        eventually("it ends with its time", lambda: e.ask(timed)["trace"]["state"] == "ended")
        e.ask(timed, "DELETE")
        e.ask(timed, status=404)
        eventually("nothing runs", lambda: 'mqttzoo_traces{unit="0"} 0' in e.raw("GET", "/metrics")[1])
    with Pod(binary, "--trace.max=0") as pod:
        pod.endpoint.send("/api/v1/traces", {"one_in": 1}, 403)


def hostile_traces(binary: str) -> None:
    """Strange names are followed and told as they are."""
    with Pod(binary) as pod:
        e = pod.endpoint
        villain = connected(pod, HOSTILE_ID)
        trace = begin(e, client=HOSTILE_ID)
        villain.send(wire.publish(HOSTILE, b"x", 1, villain.next_pid()))
        (m,) = told(e, trace, 1, "no subscribers")
        require(m["topic"] == HOSTILE and m["publisher"] == HOSTILE_ID, f"its names: {m}")
        require(e.ask("/api/v1/traces")["items"][0]["follows"] == {"client": HOSTILE_ID}, "what is followed")


def traces_on_the_command_line(binary: str) -> None:
    """`mqttzoo inspect trace` prints each message once its end is known, and the rest at ^C."""
    with Pod(binary) as pod:
        e = pod.endpoint
        live, publisher = connected(pod, "live"), connected(pod, "publisher")
        live.subscribe("t", qos=1)
        process = subprocess.Popen([e.program, "inspect", "--url", f"http://127.0.0.1:{e.port}", "trace", "--property", "order=17", "--table"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually("it follows", lambda: e.ask("/api/v1/traces")["items"])
        publisher.publish("t", b"x", qos=1, props={"user": [("order", "17")]})
        publisher.publish("t", b"y", qos=1, props={"user": [("order", "18")]})
        live.receive("t")
        live.receive("t")
        first = process.stdout.readline()
        require("t, from publisher, QoS 1, 1 byte" in first, f"the message: {first}")
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()
        require(process.wait(20) == 0, f"status {process.returncode}: {err}")
        for words in ("received", "routed", "to 1 session, 0 groups, 0 pods", "acknowledged", "=> delivered (1 delivered), after ", "1 message, 5 steps"):
            require(words in out, f"{words!r} is in {out}")
        require(e.ask("/api/v1/traces")["items"] == [], "it is dropped with the command's end")
        lines = [json.loads(line) for line in e.run("trace", "--sample", "1", "--for", "1s").splitlines() if line.startswith("{")]
        require(lines[-1]["trace"]["state"] == "ended", f"programs get lines of JSON: {lines}")
        e.run("trace", status=1)
        e.run("trace", "--topic", "a/#/b", status=1)
        e.run("trace", "--topic", "a", "--for", "soon", status=1)


def a_trace_over_two_pods(binary: str) -> None:
    """One line of life of a message that is published at one pod and delivered at the other."""
    with cluster(binary, 2) as (_, pods, endpoints):
        for e in endpoints:
            eventually("ready", lambda e=e: e.raw("GET", "/readyz")[0] == 200)
        first, second = endpoints
        here, there = client_of(pods[0], "here"), client_of(pods[1], "there")
        there.subscribe("t", qos=1)
        here.publish("t", b"x", qos=1)  # from here on the pods know of each other's wishes
        there.receive("t", b"x")
        # Begun where it is not published.
        trace = begin(second, topic="t")
        eventually("the other pod takes part", lambda: 'mqttzoo_traces{unit="0"} 1' in first.raw("GET", "/metrics")[1])
        here.publish("t", b"y", qos=1)
        there.receive("t", b"y")
        (m,) = told(second, trace, 1, "delivered")
        of_pod: dict[str, list[str]] = {}
        for s in m["all"]:
            of_pod.setdefault(s["pod"], []).append(s["event"])
        require(len(of_pod) == 2, f"steps of both pods: {of_pod}")
        at_first, at_second = sorted(of_pod.values(), key=lambda e: "received" not in e)
        require({"received", "routed", "sent to pod", "promised"} <= set(at_first), f"where it was published: {at_first}")
        require({"came from pod", "routed", "sent", "acknowledged"} <= set(at_second), f"where it was delivered: {at_second}")
        require([p["takes_part"] for p in second.ask(trace)["trace"]["other_pods"]] == [True], "the other pod takes part")
        require(first.ask("/api/v1/traces")["items"] == [], "it is the other pod's trace")
        second.ask(trace, "DELETE")
        eventually("nobody takes part any more", lambda: 'mqttzoo_traces{unit="0"} 0' in first.raw("GET", "/metrics")[1])
        watched = second.ask("/api/v1/watches")["items"]
        require({"membership", "directory"} <= {w["whose"] for w in watched}, f"what it watches: {watched}")
        pods_node = second.ask("/api/v1/zk?path=/mqttzoo/pods")
        require({"whose": "membership", "data": False, "exists": False, "children": True} in pods_node["watches"], f"its watch: {pods_node}")


CASES = (verdicts, mistakes_of_traces, hostile_traces, traces_on_the_command_line, a_trace_over_two_pods)
