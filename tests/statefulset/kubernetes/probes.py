"""One probe of a container, repeated on a thread of its own as the kubelet does it."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from typing import Callable

from .sandbox import Container


class Probe:
    """What the manifest says of a probe, with the API's defaults."""

    def __init__(self, spec: dict, ports: dict[str, int], address: str):
        self.spec, self.ports, self.address = spec, ports, address
        self.period_seconds = spec.get("periodSeconds", 10)
        self.timeout_seconds = spec.get("timeoutSeconds", 1)
        self.failures_max = spec.get("failureThreshold", 3)
        self.successes_min = spec.get("successThreshold", 1)
        self.delay_seconds = spec.get("initialDelaySeconds", 0)

    def succeeds(self, container: Container) -> bool:
        if "exec" in self.spec:
            return container.run(self.spec["exec"]["command"], self.timeout_seconds)
        if "tcpSocket" in self.spec:
            return self._connects(self._port(self.spec["tcpSocket"]["port"]))
        return self._answers(self.spec["httpGet"])

    def _port(self, named: int | str) -> int:
        return self.ports[named] if isinstance(named, str) else named

    def _connects(self, port: int) -> bool:
        try:
            socket.create_connection((self.address, port), self.timeout_seconds).close()
            return True
        except OSError:
            return False

    def _answers(self, get: dict) -> bool:
        url = f"{get.get('scheme', 'HTTP').lower()}://{self.address}:{self._port(get['port'])}{get.get('path', '/')}"
        try:
            with urllib.request.urlopen(url, timeout=self.timeout_seconds) as answer:
                return answer.status < 400
        except (OSError, urllib.error.URLError, ValueError):
            return False


class Prober:
    """Asks until `stop`, and tells each change: `on_change(True)` after enough successes, False after enough failures in a row."""

    def __init__(self, probe: Probe, container: Container, on_change: Callable[[bool], None]):
        self.probe, self.container, self.on_change = probe, container, on_change
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self) -> None:
        successes = failures = 0
        told = None
        self.stopping.wait(self.probe.delay_seconds)
        while not self.stopping.is_set():
            began = time.monotonic()
            good = self.probe.succeeds(self.container)
            if self.stopping.is_set():
                return
            successes, failures = (successes + 1, 0) if good else (0, failures + 1)
            if successes >= self.probe.successes_min and told is not True:
                told = True
                self.on_change(True)
            elif failures >= self.probe.failures_max and told is not False:
                told = False
                self.on_change(False)
            self.stopping.wait(max(0.0, self.probe.period_seconds - (time.monotonic() - began)))

    def stop(self) -> None:
        self.stopping.set()
