"""The cluster's DNS server, as far as pods ask it: addresses of Services and of pods behind headless ones."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Callable

DOMAIN = "svc.cluster.local"
TTL_SECONDS = 5
A = 1
NAME_ERROR = 3

# The addresses of a name, or None if there is no such name.
Lookup = Callable[[str], "list[str] | None"]


def resolv_conf(server: str, namespace: str) -> str:
    """As the kubelet writes it."""
    return f"search {namespace}.{DOMAIN} {DOMAIN} cluster.local\nnameserver {server}\noptions ndots:5\n"


class NameServer:
    """Answers on UDP port 53 of `address`, on a thread of its own, until `close`."""

    def __init__(self, address: str, lookup: Lookup):
        self.lookup = lookup
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                query, asker = self.socket.recvfrom(512)
                self.socket.sendto(answer(query, self.lookup), asker)
            except (ValueError, IndexError, struct.error):
                continue  # no query
            except OSError:
                if self.socket.fileno() < 0:
                    return

    def close(self) -> None:
        # A close alone does not wake who waits in it.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


def answer(query: bytes, lookup: Lookup) -> bytes:
    (identity, flags), at, labels = struct.unpack(">HH", query[:4]), 12, []
    while length := query[at]:
        labels.append(query[at + 1:at + 1 + length].decode("ascii"))
        at += 1 + length
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    question = query[12:at + 5]
    found = lookup(".".join(labels).lower())
    # A name without an IPv6 address is a name all the same: an empty answer, no error.
    records = found if found and kind == A else []
    code = NAME_ERROR if found is None else 0
    head = struct.pack(">HHHHHH", identity, 0x8480 | (flags & 0x0100) | code, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", A, 1, TTL_SECONDS, 4) + socket.inet_aton(r) for r in records)
    return head + question + body
