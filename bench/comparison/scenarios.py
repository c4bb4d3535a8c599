"""The scenarios: arguments of the load generator, what is read from its answer, and the target."""

from dataclasses import dataclass
from typing import Callable, Optional


def cpu_per_message(run: dict) -> float:
    return run["broker_us_per_msg"]


def latency_p99(run: dict) -> float:
    return run["p99_us"]


def bytes_per_connection(run: dict) -> float:
    return run["bytes_per_conn"]


def bytes_per_retained(run: dict) -> float:
    return run["bytes_per_retained"] - run["size"]


def peak_rss_kib(run: dict) -> float:
    return run["rss_peak_kb"]


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    arguments: str
    unit: str
    measure: Callable[[dict], float]
    # At most this part of the baseline's value, measured side by side; or at most this value itself.
    ratio_max: Optional[float] = None
    value_max: Optional[float] = None
    # The scenario whose value is taken off this one's, and what is left is divided by `per`.
    minus: Optional[str] = None
    per: float = 1.0
    # The closed-loop scenarios have a measured span; the others end by themselves.
    timed: bool = True


# Topics that the two "topics" scenarios differ by: their difference in memory is what these topics cost.
TOPICS_FEW, TOPICS_MANY = 100, 20100

SCENARIOS = [
    Scenario("pair-qos0", "50 to 50, a topic each, QoS 0, 64 B",
             "--pattern pair --pubs 50 --subs 50 --qos 0", "µs/msg", cpu_per_message, ratio_max=1 / 15),
    Scenario("pair-qos1", "50 to 50, a topic each, QoS 1, 64 B",
             "--pattern pair --pubs 50 --subs 50 --qos 1", "µs/msg", cpu_per_message, ratio_max=1 / 21),
    Scenario("pair-qos2", "20 to 20, a topic each, QoS 2, 64 B",
             "--pattern pair --pubs 20 --subs 20 --qos 2 --window 16", "µs/msg", cpu_per_message, ratio_max=1 / 10),
    Scenario("fanout", "1 to 1000, QoS 0, 64 B",
             "--pattern fanout --pubs 1 --subs 1000 --qos 0", "µs/msg", cpu_per_message, ratio_max=1 / 14),
    Scenario("fanin", "1000 to 1, QoS 0, 64 B",
             "--pattern fanin --pubs 1000 --subs 1 --qos 0 --window 4", "µs/msg", cpu_per_message, ratio_max=1 / 3.2),
    Scenario("wildcard", "100 topics, 10 wildcard subscribers, QoS 0, 64 B",
             "--pattern wildcard --pubs 10 --subs 10 --topics 100 --qos 0", "µs/msg", cpu_per_message, ratio_max=1 / 11),
    Scenario("large", "10 to 10, QoS 0, 16 KiB",
             "--pattern pair --pubs 10 --subs 10 --qos 0 --size 16384 --window 16", "µs/msg", cpu_per_message,
             ratio_max=1 / 1.9),
    Scenario("fixed-rate", "50 to 50, QoS 1, 20,000 messages/s: p99 of the latency",
             "--pattern pair --pubs 50 --subs 50 --qos 1 --rate 20000", "µs", latency_p99, ratio_max=1.0),
    Scenario("idle", "10,000 idle connections: memory each",
             "--idle 10000 --srcs 4 --hold 2", "B", bytes_per_connection, value_max=4096, timed=False),
    Scenario("idle-sub", "10,000 idle connections with a subscription each: memory each",
             "--idle 10000 --idle-sub --srcs 4 --hold 2", "B", bytes_per_connection, value_max=5120, timed=False),
    Scenario("retained", "100,000 retained messages of 64 B: memory each beside the payload",
             "--pattern retained --count 100000 --pubs 4 --qos 1 --sub-qos 0 --window 64", "B", bytes_per_retained,
             value_max=600, timed=False),
    Scenario("topics-few", f"{TOPICS_FEW} live topics: memory of the broker",
             f"--pattern wildcard --pubs 4 --subs 1 --topics {TOPICS_FEW} --qos 0 --size 64", "KiB", peak_rss_kib),
    Scenario("topics-many", f"{TOPICS_MANY} live topics: memory each",
             f"--pattern wildcard --pubs 4 --subs 1 --topics {TOPICS_MANY} --qos 0 --size 64", "B", peak_rss_kib,
             value_max=2048, minus="topics-few", per=(TOPICS_MANY - TOPICS_FEW) / 1024),
]


def chosen(patterns: list[str]) -> list[Scenario]:
    """The scenarios whose name contains one of the patterns (all without patterns), with those they are compared to."""
    if not patterns:
        return SCENARIOS
    names = {s.name for s in SCENARIOS if any(p in s.name for p in patterns)}
    names |= {s.minus for s in SCENARIOS if s.name in names and s.minus}
    return [s for s in SCENARIOS if s.name in names]
