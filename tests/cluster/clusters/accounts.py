"""Who a client is goes with it to the pod that has its session."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile

from harness import wire
from harness.client import Client, equal

from .cluster import Cluster
from .stage import own_cluster

SECONDS_MAX = 20
RULES = "user alice\ntopic readwrite a/#\nuser bob\ntopic readwrite b/#\ntopic write a/#\n"


def _passwords(path: str, **users: str) -> None:
    open(path, "w", encoding="utf-8").close()
    for user, password in users.items():
        subprocess.run(["mosquitto_passwd", "-b", path, user, password], check=True, capture_output=True, timeout=SECONDS_MAX)


def _client(cluster: Cluster, pod: int, user: str, client_id: str) -> Client:
    client = Client(cluster.pods[pod].address, wire.V5, client_id)
    client.connect(username=user, password=user, clean=False, props={"session_expiry": 600})
    return client


@own_cluster(pods=2)
def rules_hold_where_the_session_is(args) -> None:
    with tempfile.TemporaryDirectory() as home:
        passwords, rules = os.path.join(home, "passwords"), os.path.join(home, "rules")
        _passwords(passwords, alice="alice", bob="bob")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES)
        options = (f"--auth.passwords={passwords}", f"--auth.acl={rules}", "--auth.anonymous=refuse")
        with Cluster(args.broker, 2, 1, options=options) as cluster:
            alice = _client(cluster, 0, "alice", "shared")
            alice.subscribe("#", qos=1)
            alice.leave()
            writer = _client(cluster, 1, "bob", "writer")
            writer.publish("a/private", b"1", qos=1)
            bob = _client(cluster, 1, "bob", "shared")  # at the other pod, with alice's session
            equal(bob.connack.session_present, True, "session present")
            bob.expect_nothing()
            bob.publish("c", b"x", qos=1, code=0x87)
            bob.publish("b/1", b"2", qos=1)
            bob.receive("b/1", b"2")
            _passwords(passwords, alice="alice")
            for pod in cluster.pods:  # the session's pod looks at who its client is
                os.kill(pod.pid, signal.SIGHUP)
            bob.expect_refusal(0x87, timeout=SECONDS_MAX)
            back = _client(cluster, 1, "alice", "shared")
            equal(back.connack.session_present, True, "session present")
            back.publish("a/1", b"3", qos=1)
            back.receive("a/1", b"3")
            back.leave()
