"""A broker process on a free loopback port with a temporary store: start, stop, kill, start again on the same store."""

from __future__ import annotations

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Optional

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "tools"))

from clustering.ports import free_port  # noqa: E402

START_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 20.0
LOG_SECONDS_MAX = 20.0
DESCRIPTORS = 16384


class Unsupported(Exception):
    """The broker under test has no such option; the case cannot be run against it."""


def _raise_descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Broker:
    def __init__(self, binary: str, options: tuple[str, ...] = (), port: Optional[int] = None,
                 store: Optional[str] = None, environment: Optional[dict] = None):
        """`store` is a directory that outlives the broker; without it there is one of its own, removed by `close`."""
        self.binary, self.options, self.environment = binary, tuple(options), environment or {}
        self.port = port or free_port()
        self.address = ("127.0.0.1", self.port)
        self.directory = tempfile.mkdtemp(prefix="broker-")
        self.store = store or os.path.join(self.directory, "store")
        self.log_path = os.path.join(self.directory, "log")
        self.process: Optional[subprocess.Popen] = None

    def command(self) -> list[str]:
        os.makedirs(self.store, exist_ok=True)
        if os.path.basename(self.binary).startswith("mosquitto"):
            return _mosquitto(self)
        return [self.binary, f"--net.port={self.port}", "--net.address=127.0.0.1", f"--store.path={self.store}", *self.options]

    def launch(self) -> subprocess.Popen:
        """Starts the process and does not wait for anything."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self.environment}, preexec_fn=_raise_descriptors)
        return self.process

    def start(self) -> "Broker":
        """Starts the process and waits until it listens; removes everything when it does not."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self) -> None:
        self.launch()
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the broker ended with status {self.process.returncode} at its start:\n{self.log()}")
            try:
                socket.create_connection(self.address, 0.5).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"the broker does not listen on port {self.port} after {START_SECONDS_MAX:g} s:\n{self.log()}")

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the broker still ran {STOP_SECONDS_MAX:g} s after SIGTERM") from None

    def restart(self) -> None:
        """An orderly end and a new start on the same port and store."""
        status = self.stop()
        if status != 0:
            raise RuntimeError(f"the broker ended with status {status} on SIGTERM:\n{self.log()}")
        self.start()

    def log(self, lines: int = 20) -> str:
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError:
            return ""

    def await_log(self, text: str, times: int = 1) -> None:
        """Until the log says so that often; a file has no event."""
        deadline = time.monotonic() + LOG_SECONDS_MAX
        while self.log(100_000).count(text) < times:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the broker does not log {text!r}:\n{self.log()}")
            time.sleep(0.02)

    def close(self) -> None:
        if self.running():
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


# ---------------------------------------------------------------- mosquitto, to try the suites themselves

_MOSQUITTO = {
    "mqtt.receive.maximum": "max_inflight_messages", "mqtt.topic.alias.maximum": "max_topic_alias",
    "mqtt.packet.bytes.max": "max_packet_size", "mqtt.qos.max": "max_qos", "mqtt.retain.available": "retain_available",
    "mqtt.keepalive.max": "max_keepalive", "sys.interval": "", "auth.passwords": "password_file", "auth.acl": "acl_file",
    "auth.anonymous": "allow_anonymous",
}


def _mosquitto(broker: Broker) -> list[str]:
    anonymous = not any(o == "--auth.anonymous=refuse" for o in broker.options)
    lines = [f"listener {broker.port} 127.0.0.1", f"allow_anonymous {str(anonymous).lower()}", "sys_interval 1", "log_type error",
             "max_queued_messages 100000", "max_inflight_messages 0", "persistence true", f"persistence_location {broker.store}/", "autosave_interval 1", "user root"]
    for option in broker.options:
        name, _, value = option.lstrip("-").partition("=")
        if name not in _MOSQUITTO or name == "sys.interval" and value != "1s":
            raise Unsupported(f"mosquitto has no {name}")
        if name in ("sys.interval", "auth.anonymous"):
            continue
        lines.append(f"{_MOSQUITTO[name]} {value if name.startswith('auth.') else value.rstrip('s')}")
    path = os.path.join(broker.directory, "conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return [broker.binary, "-c", path]
