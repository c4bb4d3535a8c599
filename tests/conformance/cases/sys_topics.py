"""$SYS/broker/...: the names that users of mosquitto know."""

import re

from harness import wire
from harness.client import Timeout, equal, require
from harness.registry import BOTH, V5, case

NAMES = """version uptime clients/total clients/connected clients/disconnected clients/maximum
messages/received messages/sent publish/messages/received publish/messages/sent publish/messages/dropped
bytes/received bytes/sent publish/bytes/received publish/bytes/sent
subscriptions/count shared_subscriptions/count retained|messages/count store/messages/count store/messages/bytes""".split()
LOADS = """messages/received messages/sent publish/received publish/sent publish/dropped bytes/received bytes/sent sockets
connections""".split()


def read_all(sub, wanted, seconds=8):
    """The latest value of each topic, once all wanted ones came."""
    values = {}
    while not wanted <= values.keys():
        try:
            packet = sub.receive(timeout=seconds)
        except Timeout:
            raise Timeout(f"never came: {sorted(wanted - values.keys())}") from None
        values[packet.topic] = packet.payload.decode()
    return values


def expected_names():
    names = {"$SYS/broker/" + name.replace("|", " ") for name in NAMES}
    return names | {f"$SYS/broker/load/{name}/{span}" for name in LOADS for span in ("1min", "5min", "15min")}


@case(BOTH, options=["--sys.interval=1s"])
def all_names_and_forms(t):
    sub = t.client()
    sub.subscribe("$SYS/#")
    values = read_all(sub, expected_names())
    require(values.pop("$SYS/broker/version"), "an empty version")
    require(re.fullmatch(r"\d+ seconds", values["$SYS/broker/uptime"]), f"uptime {values['$SYS/broker/uptime']!r}")
    for name in expected_names() - {"$SYS/broker/version", "$SYS/broker/uptime"}:
        require(re.fullmatch(r"\d+(\.\d+)?", values[name]), f"{name} is {values[name]!r}")


@case(V5, options=["--sys.interval=1s"])
def they_are_retained(t):
    sub = t.client()
    sub.subscribe("$SYS/broker/version", "$SYS/broker/uptime")
    first = {}
    while len(first) < 2:  # the next uptime may come before the version
        packet = sub.receive()
        first.setdefault(packet.topic, packet.retain)
    equal(first, {"$SYS/broker/version": True, "$SYS/broker/uptime": True}, "whether the first of each topic is retained")


@case(V5, options=["--sys.interval=1s"])
def uptime_grows(t):
    sub = t.client()
    sub.subscribe("$SYS/broker/uptime")
    seen = [int(sub.receive().payload.split()[0]) for _ in range(3)]
    require(seen[0] <= seen[1] <= seen[2] and seen[2] > seen[0], f"uptime {seen}")


@case(V5, options=["--sys.interval=1s"], own=True)
def numbers_follow_what_happens(t):
    sub, pub = t.client(), t.client()
    sub.subscribe("$SYS/#")
    sub.subscribe(t.topic("a"), t.topic("b"))
    away = t.keeper("away")
    away.subscribe(f"$share/g/{t.topic('c')}", qos=1)
    away.leave()
    for n in range(30):
        pub.publish(t.topic("kept" if n < 2 else "b"), b"x" * 100, qos=1, retain=n < 2)
    wanted = {"clients/connected": 2, "clients/disconnected": 1, "clients/total": 3, "shared_subscriptions/count": 1}
    least = {"publish/messages/received": 28, "publish/messages/sent": 28, "messages/received": 35, "clients/maximum": 3,
             "bytes/received": 3000, "bytes/sent": 2800, "publish/bytes/received": 3000, "subscriptions/count": 3,
             "retained messages/count": 2}
    values = {}
    for _ in range(600):
        packet = sub.receive(timeout=8)
        if packet.topic.startswith("$SYS/broker/"):
            values[packet.topic.removeprefix("$SYS/broker/")] = packet.payload.decode()
        if (all(values.get(name) == str(number) for name, number in wanted.items())
                and all(int(values.get(name, "0")) >= number for name, number in least.items())):
            return
    require(False, f"{ {name: values.get(name) for name in wanted | least} }")


@case(V5, options=["--sys.interval=1s"], own=True)
def only_sys_may_write_sys(t):
    # A client's message under $SYS must not pass for the broker's own.
    sub, pub = t.client(), t.client()
    sub.subscribe("$SYS/broker/version")
    real = sub.receive("$SYS/broker/version").payload
    pub.send(wire.publish("$SYS/broker/version", "forged", 1, 1, retain=True))
    late = t.client()
    late.subscribe("$SYS/broker/version")
    equal(late.receive("$SYS/broker/version").payload, real, "version")


@case(V5, options=["--sys.interval=0"])
def sys_topics_can_be_switched_off(t):
    sub = t.client()
    sub.subscribe("$SYS/#")
    sub.expect_nothing(1)
