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
        client = connected(pod, "c")
        for n in range(50):
            client.publish(f"t/{n}", b"1234", qos=1)
        past = eventually("a sample with what was published", lambda: rates(e.ask("/api/v1/history")))
        names = {name: len(values) for name, values in past["series"].items()}
        require(set(names.values()) == {len(past["unix_ms"])}, f"each series has a value for each sample: {names}")
        seconds = past["interval_ms"] / 1000
        published = sum(past["series"]["publishes_received_per_s"]) * seconds
        require(45 <= published <= 55, f"50 messages were published, not {published}")
        require(past["series"]["clients_connected"][-1] == 1, "one client is connected")
        newer = e.ask(f"/api/v1/history?after={past['unix_ms'][-1]}")
        require(all(t > past["unix_ms"][-1] for t in newer["unix_ms"]), "only what is new")
        e.ask("/api/v1/history?after=yesterday", status=400)


def rates(past: dict) -> dict | None:
    return past if sum(past["series"]["publishes_received_per_s"]) > 0 else None


CASES = (last_hour,)
