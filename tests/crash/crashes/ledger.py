"""The ledger: what was published, what was promised by an acknowledgement, what arrived; and what does not add up."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass

# A failing run names this many messages of each kind; the rest is counted.
NAMED_MAX = 10


@dataclass(frozen=True, order=True)
class Message:
    publisher: str
    topic: str
    number: int  # counts up for each topic of the publisher
    qos: int

    def payload(self) -> bytes:
        return f"{self.publisher} {self.topic} {self.number} {self.qos}".encode()

    @staticmethod
    def read(payload: bytes) -> "Message":
        publisher, topic, number, qos = payload.decode().split(" ")
        return Message(publisher, topic, int(number), int(qos))

    def __str__(self) -> str:
        return f"{self.topic} #{self.number} (QoS {self.qos}, by {self.publisher})"


class Ledger:
    """Thread-safe; publishers and subscribers write while they run, the check reads when they are done."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.promised: set[Message] = set()
        self.refused: set[Message] = set()
        self.repeated: set[Message] = set()
        self.arrived: dict[str, list[Message]] = defaultdict(list)
        self.complaints: list[str] = []

    def promise(self, message: Message) -> None:
        with self.lock:
            self.promised.add(message)

    def refuse(self, message: Message) -> None:
        with self.lock:
            self.refused.add(message)

    def repeat(self, message: Message) -> None:
        """Its publisher sends it again, after others: its place in the order is gone."""
        with self.lock:
            self.repeated.add(message)

    def arrive(self, subscriber: str, message: Message) -> None:
        with self.lock:
            self.arrived[subscriber].append(message)

    def complain(self, text: str) -> None:
        with self.lock:
            self.complaints.append(text)

    def missing(self, *members: str) -> set[Message]:
        """What was promised and none of `members` has."""
        with self.lock:
            return self.promised.difference(*(self.arrived[name] for name in members))

    def check(self, subscribers: dict[str, int], named_max: int = NAMED_MAX) -> list[str]:
        """Problems, for subscribers of everything by name with their granted QoS; empty when every promise was kept."""
        problems = list(self.complaints)
        for name, granted in subscribers.items():
            lost = sorted(self.promised - set(self.arrived[name]))
            problems += _some(lost, lambda m, n=name: f"{n} never got {m}, which was acknowledged", named_max)
            times = Counter(self.arrived[name])
            doubled = sorted(m for m, count in times.items() if count > 1 and min(m.qos, granted) == 2)
            problems += _some(doubled, lambda m, n=name, t=times: f"{n} got {m} {t[m]} times", named_max)
            problems += _some(_disorder(self.arrived[name], self.repeated), lambda pair, n=name: f"{n} got {pair[1]} after {pair[0]}", named_max)
        return problems

    def check_group(self, group: str, members: dict[str, int]) -> list[str]:
        """Problems of a shared subscription to everything, whose members are given by name with their granted QoS."""
        problems = _some(sorted(self.missing(*members)), lambda m: f"nobody of {group} got {m}, which was acknowledged")
        # What a publisher of QoS 1 repeats may be for another member. QoS 2 is for one, who gets it once if it can.
        having: dict[Message, Counter] = defaultdict(Counter)
        for name in members:
            for message in self.arrived[name]:
                if message.qos == 2:
                    having[message][name] += 1
        doubled = sorted(m for m, by in having.items()
                         if len(by) > 1 or any(n > 1 and members[name] == 2 for name, n in by.items()))
        return problems + _some(doubled, lambda m: f"{group} got {m} more than once: {dict(having[m])}")


def _some(found: list, describe, named_max: int = NAMED_MAX) -> list[str]:
    lines = [describe(one) for one in found[:named_max]]
    if len(found) > named_max:
        lines.append(f"... and {len(found) - named_max} more like the last")
    return lines


def _disorder(arrived: list[Message], repeated: set[Message]) -> list[tuple[Message, Message]]:
    """Pairs that came in the wrong order; only the first time a message came counts, the others are redeliveries, and
    so are those that their publisher sent again."""
    latest: dict[tuple, Message] = {}
    seen: set[Message] = set()
    wrong = []
    for message in arrived:
        if message in seen or message in repeated:
            continue
        seen.add(message)
        # Different QoS are not ordered among each other.
        key = (message.publisher, message.topic, message.qos)
        if key in latest and message.number < latest[key].number:
            wrong.append((latest[key], message))
        else:
            latest[key] = message
    return wrong
