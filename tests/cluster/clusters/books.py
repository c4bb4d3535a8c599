"""Reads the bank's books straight from ZooKeeper, as an operator with zkCli would: docs/bank.md says what stands where."""

from __future__ import annotations

import os
import pathlib
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Optional

from harness.client import Failure

from .cluster import Cluster

ANSWER_SECONDS_MAX = 10.0
QUIET_SECONDS_MAX = 60.0
ROOT = "/mqttzoo/mqttzoo"  # the chroot of tools/cluster, and in it the tree
GET_DATA, GET_CHILDREN, SYNC, AUTH = 4, 8, 9, 100
AUTH_XID = -4
NO_NODE = -101


class Tree:
    """A session with one server, for reading; `with` opens and ends it."""

    def __init__(self, address: tuple[str, int], user: bytes):
        self.link = socket.create_connection(address, ANSWER_SECONDS_MAX)
        self.xid = 0
        # protocol version, last zxid seen, timeout in ms, no session before it, a password of zeros
        self._send(struct.pack(">iqiqi16s", 0, 0, 10000, 0, 16, bytes(16)))
        self._receive()
        self._send(struct.pack(">iiii", AUTH_XID, AUTH, 0, 6) + b"digest" + struct.pack(">i", len(user)) + user)
        self._receive()

    def __enter__(self) -> "Tree":
        return self

    def __exit__(self, *_) -> None:
        self.link.close()

    def _send(self, body: bytes) -> None:
        self.link.sendall(struct.pack(">i", len(body)) + body)

    def _receive(self) -> bytes:
        return self._exactly(struct.unpack(">i", self._exactly(4))[0])

    def _exactly(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            part = self.link.recv(count - len(parts))
            if not part:
                raise Failure("ZooKeeper ended the connection of the test")
            parts += part
        return parts

    def _ask(self, kind: int, path: str, tail: bytes = b"\0") -> Optional[bytes]:
        """The body of the answer; None if there is no such node."""
        self.xid += 1
        name = path.encode()
        self._send(struct.pack(">iii", self.xid, kind, len(name)) + name + tail)
        answer = self._receive()
        _, _, error = struct.unpack_from(">iqi", answer)
        if error == NO_NODE:
            return None
        if error != 0:
            raise Failure(f"ZooKeeper answers {error} for {path}")
        return answer[16:]

    def sync(self) -> None:
        self._ask(SYNC, "/", b"")

    def data(self, path: str) -> Optional[str]:
        body = self._ask(GET_DATA, path)
        if body is None:
            return None
        (size,) = struct.unpack_from(">i", body)
        return body[4:4 + max(0, size)].decode()

    def children(self, path: str) -> list[str]:
        body = self._ask(GET_CHILDREN, path)
        names, at = [], 4
        for _ in range(struct.unpack_from(">i", body)[0] if body else 0):
            (size,) = struct.unpack_from(">i", body, at)
            names.append(body[at + 4:at + 4 + size].decode())
            at += 4 + size
        return sorted(names)


@dataclass
class Books:
    free: int = 0
    total: int = 0
    leases: dict[str, int] = field(default_factory=dict)  # drawn and not spent, by the pod's life
    mail: dict[str, int] = field(default_factory=dict)  # credits by path

    def missing(self) -> int:
        """Credits that are nowhere; below zero: those that are there twice."""
        return self.total - self.free - sum(self.leases.values()) - sum(self.mail.values())

    def __str__(self) -> str:
        return (f"free {self.free:,} + leases {sum(self.leases.values()):,} {self.leases} + {len(self.mail):,} mails "
                f"{sum(self.mail.values()):,} of {self.total:,} credits: {self.missing():,} are missing")


def user_of(cluster: Cluster) -> bytes:
    """Whose nodes they are: in the file that the pods are told of."""
    for argument in pathlib.Path(f"/proc/{cluster.pods[0].pid}/cmdline").read_bytes().split(b"\0"):
        if argument.startswith(b"--zk.auth="):
            return pathlib.Path(os.fsdecode(argument.removeprefix(b"--zk.auth="))).read_bytes().strip()
    raise Failure("the pods have no user in ZooKeeper")


def await_reaper(cluster: Cluster, user: bytes, last: str) -> str:
    """The life of the pod that leads the reaper, as soon as it is not `last`, which may have been killed."""
    deadline = time.monotonic() + QUIET_SECONDS_MAX
    with Tree(cluster.leader().address, user) as tree:
        while time.monotonic() < deadline:
            if (life := tree.data(f"{ROOT}/leader") or last) != last:
                return life
            time.sleep(0.05)
    raise Failure(f"no pod leads the reaper since {last or 'the start'}")


def _read(tree: Tree) -> Books:
    tree.sync()
    books = Books()
    books.free, books.total = (int(word) for word in (tree.data(f"{ROOT}/bank/free") or "0 0").split(" "))
    for life in tree.children(f"{ROOT}/bank/pods"):
        drawn, spent = (tree.data(f"{ROOT}/bank/pods/{life}/{name}") for name in ("in", "out"))
        books.leases[life] = int(drawn or 0) - int((spent or "0 0").split(" ")[1])
    for first in tree.children(f"{ROOT}/topics"):
        for second in tree.children(f"{ROOT}/topics/{first}"):
            below = f"{ROOT}/topics/{first}/{second}"
            for name in tree.children(below):
                if name.startswith("m-"):
                    books.mail[f"{below}/{name}"] = int(name.split("-")[2], 16)
    return books


def read_books(cluster: Cluster) -> Books:
    """What two readings in a row agree on: nothing is published, drawn or removed meanwhile. Retained messages are not
    looked at, so there must be none."""
    deadline = time.monotonic() + QUIET_SECONDS_MAX
    with Tree(cluster.leader().address, user_of(cluster)) as tree:
        before = _read(tree)
        while time.monotonic() < deadline:
            now = _read(tree)
            if now == before:
                return now
            before = now
    raise Failure(f"the bank does not come to rest: {before}")
