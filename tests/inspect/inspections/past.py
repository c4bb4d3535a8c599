"""What a pod remembers of the last hour."""

from __future__ import annotations

from harness.client import require

from .alone import connected
from .endpoint import Pod, eventually


def last_hour(binary: str) -> None:
    """Samples come one by one; who has some asks for what is new."""
    with Pod(binary) as pod:
        e = pod.endpoint
        first = e.ask("/api/v1/history")
        require(first["samples_max"] * first["interval_ms"] == 3_600_000, "an hour is kept")
        # What was published before the first sample could be told by its interval alone, which a busy pod exceeds.
        eventually("a sample", lambda: e.ask("/api/v1/history")["unix_ms"])
        client = connected(pod, "c")
        for n in range(50):
            client.publish(f"t/{n}", b"1234", qos=1)
        past = eventually("samples with what was published", lambda: (p := e.ask("/api/v1/history")) and published(p) >= 45 and p)
        names = {name: len(values) for name, values in past["series"].items()}
        require(set(names.values()) == {len(past["unix_ms"])}, f"each series has a value for each sample: {names}")
        require(published(past) <= 55, f"50 messages were published, not {published(past)}")
        require(past["series"]["clients_connected"][-1] == 1, "one client is connected")
        newer = e.ask(f"/api/v1/history?after={past['unix_ms'][-1]}")
        require(all(t > past["unix_ms"][-1] for t in newer["unix_ms"]), "only what is new")
        e.ask("/api/v1/history?after=yesterday", status=400)


def published(past: dict) -> float:
    """After the first sample: each rate is that of the time since the sample before it."""
    times, rates = past["unix_ms"], past["series"]["publishes_received_per_s"]
    return sum(rate * (now - before) / 1000 for rate, now, before in zip(rates[1:], times[1:], times))


CASES = (last_hour,)
