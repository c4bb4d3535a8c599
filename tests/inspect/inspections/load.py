"""A pod with very many actors is asked while its clients are served. `ACTORS=100000` has more of them, and its figures are printed."""

from __future__ import annotations

import os
import statistics
import threading
import time

from typing import Any, Callable

from harness import wire
from harness.client import Client, require

from .endpoint import Pod, eventually

TOPICS = int(os.environ.get("ACTORS", "20000"))
AT_ONCE = 500
REPEATS = 5
PING_PAUSE_S = 0.002
QUESTION_SECONDS_MAX = 1.0  # of a build for debugging on a busy machine; docs/performance.md has the figures
STALL_SECONDS_MAX = 0.5


class Pinger(threading.Thread):
    """A client that pings all the time, and how long each took."""

    def __init__(self, client: Client):
        super().__init__(daemon=True)
        self.client, self.took, self.stops = client, [], threading.Event()

    def run(self) -> None:
        while not self.stops.wait(PING_PAUSE_S):
            began = time.monotonic()
            self.client.ping()
            self.took.append(time.monotonic() - began)

    def during(self, act: Callable[[], Any]) -> tuple[Any, float]:
        """What the act gives, and the longest of the pings that were under way meanwhile."""
        first = len(self.took)
        given = act()
        last = len(self.took)
        eventually("the ping that was under way is answered", lambda: len(self.took) > last)
        return given, max(self.took[first:last + 1])

    def stop(self) -> list[float]:
        self.stops.set()
        self.join()
        return sorted(self.took)


def many_actors(binary: str) -> None:
    """Lists of very many actors come soon, and a client that pings meanwhile does not notice."""
    with Pod(binary, f"--topics.idle.max={2 * TOPICS}", "--topics.idle.timeout=1h") as pod:
        e = pod.endpoint
        publisher = Client(pod.broker.address, client_id="p")
        publisher.connect()
        for n in range(0, TOPICS, AT_ONCE):
            publisher.send(*(wire.publish(f"t/{i}", b"x") for i in range(n, n + AT_ONCE)))
        publisher.ping()
        pinger = Pinger(publisher)
        pinger.start()
        for target in ("actors", "actors?sort=busy", "actors?waiting=true", f"topics?contains=t/{TOPICS - 1}", "clients", "clients/p"):
            took, stalls = [], []
            for _ in range(REPEATS):
                began = time.monotonic()
                (answer, ended), stall = pinger.during(lambda t=target: (e.ask(f"/api/v1/{t}"), time.monotonic()))
                took.append(ended - began)
                stalls.append(stall)
            print(f"     {target}: {statistics.median(took) * 1e3:.1f} ms, at most {max(took) * 1e3:.1f} ms; "
                  f"longest pings {statistics.median(stalls) * 1e3:.1f} ms, at most {max(stalls) * 1e3:.1f} ms", flush=True)
            require(statistics.median(took) < QUESTION_SECONDS_MAX, f"{target} took {took}")
            # What the question costs comes with each repeat, what this machine does besides does not.
            require(statistics.median(stalls) < STALL_SECONDS_MAX, f"pings during {target} took as long as {stalls}")
            if target.startswith("topics"):
                require(answer["matching"] == 1, f"one topic is found: {answer}")
        pings = pinger.stop()
        print(f"     pings meanwhile: {statistics.median(pings) * 1e3:.2f} ms, 99 % {pings[len(pings) * 99 // 100] * 1e3:.2f} ms, "
              f"at most {pings[-1] * 1e3:.2f} ms", flush=True)
        require(e.ask("/api/v1/actors")["matching"] > TOPICS, "all of them are there")


CASES = (many_actors,)
