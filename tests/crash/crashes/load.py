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


def kills_under_load(binary: str, kills: int, seed: int) -> list[str]:
    """Problems; empty when every promise was kept."""
    rng = random.Random(seed)
    broker, ledger = Broker(binary).start(), Ledger()
    everything = ["load/#"]
    subscribers = [
        Subscriber(broker.address, "sub-v311-qos2", wire.V311, ledger, 2, everything),
        Subscriber(broker.address, "sub-v5-qos2", wire.V5, ledger, 2, ["load/+/0", "load/+/1", "load/+/2"]),
        Subscriber(broker.address, "sub-v5-qos1", wire.V5, ledger, 1, everything),
        Subscriber(broker.address, "sub-away-qos2", wire.V5, ledger, 2, everything, random.Random(seed + 1)),
    ]
    publishers = [Publisher(broker.address, f"pub-v{version}-qos{qos}", version, ledger, qos)
                  for version in (wire.V311, wire.V5) for qos in (1, 2)]
    publishers.append(Publisher(broker.address, "pub-retained", wire.V5, ledger, 1, topics=3, rate=100, retain=True))
    clients = subscribers + publishers
    try:
        for client in subscribers:
            client.start()
        for client in subscribers:
            if not client.ready.wait(20):
                return [f"{client.name} could not subscribe: {ledger.complaints}"]
        for client in publishers:
            client.start()
        for _ in range(kills):
            time.sleep(rng.uniform(0.1, 1.2))
            if not broker.running():
                return [f"the broker ended by itself with status {broker.process.returncode}:\n{broker.log()}"]
            broker.kill()
            broker.start()
        time.sleep(0.5)
        problems = _drain(clients, publishers, subscribers, ledger)
        problems += ledger.check({s.name: s.qos for s in subscribers})
        problems += _check_retained(broker, publishers[-1], ledger)
        status = broker.stop()
        if status != 0:
            problems.append(f"the broker ended with status {status} on SIGTERM:\n{broker.log()}")
        received = sum(len(a) for a in ledger.arrived.values())
        print(f"  {kills} kills, {len(ledger.promised)} messages acknowledged, {len(ledger.refused)} refused, {received} arrived")
        if len(ledger.promised) < 20 * kills:
            problems.append(f"only {len(ledger.promised)} messages were acknowledged: too few to show anything")
        return problems
    finally:
        for client in clients:
            client.stopping.set()
        broker.close()


def _drain(clients: list, publishers: list, subscribers: list, ledger: Ledger) -> list[str]:
    """Lets every exchange come to its end."""
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    for client in publishers:
        client.stopping.set()
    for client in publishers:
        client.join(max(0.1, deadline - time.monotonic()))
    problems = [f"{p.name} never got its acknowledgement of {m}" for p in publishers if p.is_alive()
                for m, _ in list(p.open.values())[:3]]
    for client in subscribers:
        client.away = None
    last, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        count = sum(len(a) for a in ledger.arrived.values())
        if count != last:
            last, since = count, time.monotonic()
        elif time.monotonic() - since > SETTLE_SECONDS and not any(ledger.missing(s.name) for s in subscribers):
            break
        time.sleep(0.05)
    for client in subscribers:
        client.stopping.set()
    for client in clients:
        client.join(5)
        if client.crash:
            problems.append(f"{client.name} failed: {client.crash!r}")
    return problems


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
