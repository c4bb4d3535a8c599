"""SIGKILL under load: publishers and subscribers go on while the broker is killed and started again and again."""

from __future__ import annotations

import random
import time

from harness import wire
from harness.broker import Broker
from harness.client import Client

from .clients import Publisher, Subscriber
from .ledger import Ledger, Message

DRAIN_SECONDS_MAX = 60.0
# Longer silence than this at the end, with everything there, means that nothing more comes.
SETTLE_SECONDS = 1.0
EVERYTHING = "load/#"


class Load:
    """A broker, its clients, and what they were promised. The members share one subscription, the others have their own."""

    def __init__(self, binary: str, *options: str):
        self.broker, self.ledger = Broker(binary, options).start(), Ledger()
        self.subscribers: list[Subscriber] = []
        self.members: list[Subscriber] = []
        self.publishers: list[Publisher] = []

    @property
    def clients(self) -> list:
        return self.subscribers + self.members + self.publishers

    def subscriber(self, name: str, version: int, qos: int, *filters: str, **more) -> None:
        self.subscribers.append(Subscriber(self.broker.address, name, version, self.ledger, qos,
                                           list(filters) or [EVERYTHING], **more))

    def member(self, name: str, version: int, qos: int, **more) -> None:
        self.members.append(Subscriber(self.broker.address, name, version, self.ledger, qos, [f"$share/group/{EVERYTHING}"],
                                       **more))

    def publisher(self, name: str, version: int, qos: int, **more) -> Publisher:
        self.publishers.append(Publisher(self.broker.address, name, version, self.ledger, qos, **more))
        return self.publishers[-1]

    def strike(self, kills: int, rng: random.Random) -> list[str]:
        """Starts everybody and kills the broker; problems, empty when every promise was kept."""
        receivers = self.subscribers + self.members
        for client in receivers:
            client.start()
        for client in receivers:
            if not client.ready.wait(20):
                return [f"{client.name} could not subscribe: {self.ledger.complaints}"]
        for client in self.publishers:
            client.start()
        for _ in range(kills):
            time.sleep(rng.uniform(0.1, 1.2))
            if not self.broker.running():
                return [f"the broker ended by itself with status {self.broker.process.returncode}:\n{self.broker.log()}"]
            self.broker.kill()
            self.broker.start()
        problems = self._drain() + self.ledger.check({s.name: s.qos for s in self.subscribers})
        if self.members:
            problems += self.ledger.check_group("the group", {m.name: m.qos for m in self.members})
        return problems

    def _drain(self) -> list[str]:
        """Lets every exchange come to its end."""
        deadline = time.monotonic() + DRAIN_SECONDS_MAX
        for client in self.publishers:
            client.stopping.set()
        for client in self.publishers:
            client.join(max(0.1, deadline - time.monotonic()))
        problems = [f"{p.name} never got its acknowledgement of {m}" for p in self.publishers if p.is_alive()
                    for m, _ in list(p.open.values())[:3]]
        for client in self.subscribers + self.members:
            client.away = None
        last, since = -1, time.monotonic()
        while time.monotonic() < deadline:
            count = sum(len(a) for a in self.ledger.arrived.values())
            if count != last:
                last, since = count, time.monotonic()
            elif time.monotonic() - since > SETTLE_SECONDS and self._complete():
                break
            time.sleep(0.05)
        for client in self.subscribers + self.members:
            client.stopping.set()
        for client in self.clients:
            client.join(5)
            if client.crash:
                problems.append(f"{client.name} failed: {client.crash!r}")
        return problems

    def _complete(self) -> bool:
        groups = [[s.name] for s in self.subscribers] + ([[m.name for m in self.members]] if self.members else [])
        return not any(self.ledger.missing(*names) for names in groups)

    def finish(self, kills: int) -> list[str]:
        """Stops the broker and says what was done."""
        problems, ledger = [], self.ledger
        status = self.broker.stop()
        if status != 0:
            problems.append(f"the broker ended with status {status} on SIGTERM:\n{self.broker.log()}")
        received, moved = sum(len(a) for a in ledger.arrived.values()), sum(c.moved for c in self.clients)
        print(f"  {kills} kills, {len(ledger.promised)} messages acknowledged, {len(ledger.refused)} refused, "
              f"{received} arrived, {moved} sessions taken over")
        if len(ledger.promised) < 20 * kills:
            problems.append(f"only {len(ledger.promised)} messages were acknowledged: too few to show anything")
        return problems

    def close(self) -> None:
        for client in self.clients:
            client.stopping.set()
        self.broker.close()


def kills_under_load(binary: str, kills: int, seed: int) -> list[str]:
    """Problems; empty when every promise was kept."""
    load = Load(binary)
    try:
        load.subscriber("sub-v311-qos2", wire.V311, 2)
        load.subscriber("sub-v5-qos2", wire.V5, 2, "load/+/0", "load/+/1", "load/+/2")
        load.subscriber("sub-v5-qos1", wire.V5, 1)
        load.subscriber("sub-away-qos2", wire.V5, 2, away=random.Random(seed + 1))
        for version in (wire.V311, wire.V5):
            for qos in (1, 2):
                load.publisher(f"pub-v{version}-qos{qos}", version, qos)
        retaining = load.publisher("pub-retained", wire.V5, 1, topics=3, rate=100, retain=True)
        problems = load.strike(kills, random.Random(seed))
        return problems + _check_retained(load.broker, retaining, load.ledger) + load.finish(kills)
    finally:
        load.close()


def takeovers_under_load(binary: str, kills: int, seed: int) -> list[str]:
    """Sessions that move from connection to connection, and so from thread to thread, and one shared subscription."""
    load = Load(binary, "--net.threads=2")
    rngs = (random.Random(seed + n) for n in range(1, 100))
    try:
        load.subscriber("moving-v311-qos2", wire.V311, 2, moves=next(rngs))
        load.subscriber("moving-v5-qos2", wire.V5, 2, moves=next(rngs))
        load.subscriber("moving-v5-qos1", wire.V5, 1, moves=next(rngs))
        load.member("member-still", wire.V5, 2)
        load.member("member-moving", wire.V5, 2, moves=next(rngs))
        load.member("member-qos1", wire.V5, 1, moves=next(rngs))
        load.member("member-away", wire.V5, 2, away=next(rngs))
        for version in (wire.V311, wire.V5):
            for qos in (1, 2):
                load.publisher(f"pub-v{version}-qos{qos}", version, qos, rate=150, moves=next(rngs))
        problems = load.strike(kills, random.Random(seed))
        return problems + load.finish(kills)
    finally:
        load.close()


def _check_retained(broker: Broker, publisher: Publisher, ledger: Ledger) -> list[str]:
    """Each retained topic holds its last acknowledged message or a later one."""
    client = Client(broker.address, wire.V5, "reader")
    client.connect()
    client.subscribe(*publisher.topics, qos=1)
    there: dict[str, Message] = {}
    try:
        for _ in publisher.topics:
            message = Message.read(client.receive(retain=True).payload)
            there[message.topic] = message
    except Exception as error:
        return [f"retained messages: got only {[str(m) for m in there.values()]} ({error})"]
    finally:
        client.close()
    problems = []
    for topic in publisher.topics:
        promised = max((m.number for m in ledger.promised if m.topic == topic), default=0)
        if there[topic].number < promised:
            problems.append(f"{there[topic]} is retained, but #{promised} was acknowledged")
    return problems
