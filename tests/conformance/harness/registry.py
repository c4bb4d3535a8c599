"""The cases: functions that take a context `t`, registered by the decorator `case` under their chapter and name."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional

from . import wire
from .broker import Broker
from .client import Client

EVERY = (wire.V31, wire.V311, wire.V5)
BOTH = (wire.V311, wire.V5)
V5 = (wire.V5,)
V3 = (wire.V311,)

# Long enough that no case sees the end of a session it wants kept.
KEPT_SECONDS = 600

LABEL = {wire.V31: "3.1", wire.V311: "3.1.1", wire.V5: "5.0"}


@dataclass(frozen=True)
class Case:
    chapter: str
    name: str
    version: int
    function: Callable
    options: tuple[str, ...]  # of the broker it needs
    own: bool                 # whether it stops or restarts its broker, and so cannot share it

    @property
    def title(self) -> str:
        return f"{self.chapter}.{self.name} ({LABEL[self.version]})"


CASES: list[Case] = []


def case(versions: Iterable[int] = V5, options: Iterable[str] = (), own: bool = False) -> Callable:
    """Registers a case once for each protocol version; `t.version` says which."""
    def register(function: Callable) -> Callable:
        chapter = function.__module__.rsplit(".", 1)[-1]
        for version in versions:
            CASES.append(Case(chapter, function.__name__, version, function, tuple(options), own))
        return function
    return register


_serial = itertools.count(1)


class Context:
    """What a case works with: its broker, names that no other case uses, and clients that are closed at its end."""

    def __init__(self, broker: Broker, version: int):
        self.broker, self.version = broker, version
        self.v5 = version == wire.V5
        self.unique = f"c{next(_serial)}"
        self.clients: list[Client] = []

    def id(self, name: str = "a") -> str:
        return f"{self.unique}{name}"

    def topic(self, rest: str = "t") -> str:
        return f"{self.unique}/{rest}"

    def open(self, version: Optional[int] = None, client_id: str = "", **more: Any) -> Client:
        """A connection on which nothing was sent yet."""
        client = Client(self.broker.address, version or self.version, client_id, **more)
        self.clients.append(client)
        return client

    def client(self, name: str = "", version: Optional[int] = None, client_id: Optional[str] = None, **connect: Any) -> Client:
        """A connected client with a clean session; `connect` are wire.connect's arguments."""
        serial = f"{name}{len(self.clients)}" if not name else name
        client = self.open(version, self.id(serial) if client_id is None else client_id)
        client.connect(**connect)
        return client

    def keeper(self, name: str = "k", version: Optional[int] = None, clean: bool = False, seconds: int = KEPT_SECONDS,
               props: Optional[dict] = None, **connect: Any) -> Client:
        """A connected client whose session stays: CleanSession 0, in 5.0 with a Session Expiry Interval."""
        if (version or self.version) == wire.V5:
            connect["props"] = {"session_expiry": seconds, **(props or {})}
        return self.client(name, version, clean=clean, **connect)

    def finish(self) -> None:
        for client in self.clients:
            client.close()

    @staticmethod
    def sleep(seconds: float) -> None:
        """For what the standards define by time itself: expiry, delay, keep alive."""
        time.sleep(seconds)
