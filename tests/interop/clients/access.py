"""Accounts and access rules beside mosquitto: the same files for both brokers, the same attempts, and the same outcomes.

Only what happens is compared: who is let in, what arrives. How a refusal is said differs, and docs/security.md says where.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import Iterator

from harness import wire
from harness.broker import Broker
from harness.client import Client

from .suite import Failure, Suite

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
USERS = {"root": "r00t", "alice": "wonder land", "bob": "b0b", "carol c": "pässwört", "dave+": "d", "erin": "e"}
OLD_HASH = {"erin"}  # SHA-512 without PBKDF2

RULES = """\
# for clients without a name
topic read public/#
topic write inbox/nameless

user root
topic readwrite #
topic deny off/limits
user alice
topic read a/#
topic write cmd/+
topic readwrite with blanks/+
topic both
topic deny a/hidden/#
topic readwrite a/hidden/not really
topic deny pattern/alice/no

user bob
topic a/hidden/#
topic deny a/secret
topic a/+
user carol c
topic write carol/#
user erin
user alice
topic read later/#
user dave+
topic read mark/+
topic read dave/own

pattern read mark/%c
pattern readwrite pattern/%u/#
pattern deny pattern/%u/denied
pattern write dev/%c/up
pattern read dev/%c/down
"""

TOPICS = ["public/1", "inbox/nameless", "a", "a/b", "a/b/c", "a/hidden", "a/hidden/x", "a/hidden/not really", "a/secret", "cmd/x",
          "cmd/x/y", "with blanks/1", "both", "later/1", "carol/1", "off/limits", "dave/own", "pattern/alice/1", "pattern/alice/no",
          "pattern/alice/denied", "pattern/bob/1", "pattern/bob/denied", "pattern/%u/1", "dev/c1/up", "dev/c1/down", "dev/c2/up"]
CLIENTS = [(None, "c1"), ("alice", "c1"), ("bob", "c2"), ("carol c", "c1"), ("erin", "c1"), ("dave+", "c1"), ("alice", "+")]
LOGINS = [("alice", "wonder land"), ("alice", "wonder"), ("alice", ""), ("alice", None), ("alice", "wonder land\n"), ("bob", "b0b"),
          ("bob", ""), ("Alice", "wonder land"), ("nobody", "x"), ("", ""), ("erin", "e"), ("erin", "E"), (None, None),
          ("carol c", "pässwört"), ("carol", "pässwört")]


def files(directory: str) -> tuple[str, str]:
    passwords, rules = os.path.join(directory, "passwords"), os.path.join(directory, "rules")
    open(passwords, "w", encoding="utf-8").close()
    for user, password in USERS.items():
        form = ["-H", "sha512"] if user in OLD_HASH else []
        subprocess.run(["mosquitto_passwd", *form, "-b", passwords, user, password], check=True, capture_output=True, timeout=20)
    with open(rules, "w", encoding="utf-8") as file:
        file.write(RULES)
    return passwords, rules


def connected(broker: Broker, user: str | None, client_id: str, version: int) -> Client:
    client = Client(broker.address, version, client_id)
    client.connect(username=user, password=USERS[user] if user else None)
    return client


def login(broker: Broker, user: str | None, password: str | None, version: int) -> str:
    client = Client(broker.address, version, "login")
    try:
        client.send(wire.connect("login", version, username=user, password=password))
        return "out" if client.expect(wire.CONNACK).code else "in"
    finally:
        client.close()


class Observer:
    """Who may read and write everything."""

    def __init__(self, broker: Broker, version: int):
        self.client = connected(broker, "root", "root", version)
        self.client.subscribe("#")
        self.marks = 0

    def mark(self, topic: str) -> bytes:
        """Publishes a message that no other is like."""
        self.marks += 1
        payload = str(self.marks).encode()
        self.client.publish(topic, payload)
        return payload


def until(client: Client, mark: bytes) -> set[str]:
    """The topics of what arrives before the mark."""
    seen = set()
    while (got := client.receive()).payload != mark:
        seen.add(got.topic)
    return seen


def outcomes(broker: Broker, version: int) -> Iterator[tuple[str, str]]:
    for user, password in LOGINS:
        yield f"login {user!r} {password!r}", login(broker, user, password, version)
    root = Observer(broker, version)
    for user, client_id in CLIENTS:
        client = connected(broker, user, client_id, version)
        who = f"{user} as {client_id}"
        for topic in TOPICS:
            answer = write(client, topic)
            arrived = topic in until(root.client, root.mark("mark/written"))
            yield f"{who} writes {topic}", f"{answer} {'arrived' if arrived else 'gone'}"
        for wanted in ("#", "+/+/+") if "+" not in client_id else ():  # who has a wildcard for an id may not read its mark
            client.send(wire.subscribe(client.next_pid(), [(wanted, 0), (f"mark/{client_id}", 0)], version))
            client.expect_ack(wire.SUBACK)
            for topic in TOPICS:
                root.client.publish(topic, b"x")
            mark = root.mark(f"mark/{client_id}")
            seen = until(client, mark)
            for topic in TOPICS:
                yield f"{who} reads {topic} of {wanted}", "arrived" if topic in seen else "gone"
            until(root.client, mark)
            client.send(wire.unsubscribe(client.next_pid(), [wanted], version))
            client.expect_ack(wire.UNSUBACK)
            client.pending.clear()  # the mark once more, if two subscriptions match it
        client.close()
    root.client.close()


def write(client: Client, topic: str) -> str:
    """How a publish of QoS 1 is answered: 3.x has no word for a refusal."""
    pid = client.next_pid()
    client.send(wire.publish(topic, b"x", 1, pid, version=client.version))
    answer = client.expect_ack(wire.PUBACK, pid=pid)
    return "refused" if answer.code >= 0x80 else "taken"


def side_by_side(_: int, program: str, version: int) -> None:
    directory = tempfile.mkdtemp(prefix="access-")
    try:
        passwords, rules = files(directory)
        options = (f"--auth.passwords={passwords}", f"--auth.acl={rules}", "--auth.anonymous=allow")
        found = []
        for binary in (program, MOSQUITTO):
            broker = Broker(binary, options).start()
            try:
                found.append(dict(outcomes(broker, version)))
            finally:
                broker.close()
        ours, theirs = found
        different = [f"{what}: {ours.get(what)} here, {theirs.get(what)} with mosquitto"
                     for what in sorted(ours.keys() | theirs.keys()) if ours.get(what) != theirs.get(what)]
        if different:
            raise Failure(f"{len(different)} of {len(ours)} differ: " + "; ".join(different[:12]))
        for wanted in ("in", "out", "taken arrived", "refused gone" if version == wire.V5 else "taken gone", "arrived", "gone"):
            if wanted not in ours.values():
                raise Failure(f"nothing was {wanted!r}: the attempts show little")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(suite: Suite, program: str) -> None:
    for version, name in ((wire.V311, "3.1.1"), (wire.V5, "5.0")):
        suite.case(f"access: accounts and rules beside mosquitto, {name}", side_by_side, program, version)
