"""Brokers under test: one process for one measurement, on its own port, with its own directory, on its own CPU."""

import contextlib
import os
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Iterator, Optional

START_SECONDS_MAX = 15.0
STOP_SECONDS_MAX = 15.0
# 10,000 idle connections and room beside them.
DESCRIPTORS = 65536

MOSQUITTO_CONF = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
log_type error
max_queued_messages 0
"""


@dataclass(frozen=True)
class Broker:
    """`command` may name {port}, {dir} (a fresh directory) and {conf} (a file holding `conf`)."""

    name: str
    command: str
    conf: Optional[str] = None
    more_ports: tuple[int, ...] = ()  # where it listens besides


MOSQUITTO = Broker("mosquitto", "mosquitto -c {conf}", MOSQUITTO_CONF)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin_child(cpus: set[int]) -> None:
    """In a process that is about to become another program: its CPUs, and room for many sockets."""
    os.sched_setaffinity(0, cpus)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _await_port(process: subprocess.Popen, port: int, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with status {process.returncode} before it listened")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{name} does not listen on port {port} after {START_SECONDS_MAX:.0f} s")


@contextlib.contextmanager
def running(broker: Broker, cpus: set[int]) -> Iterator[tuple[int, int]]:
    """Starts the broker afresh and yields its port and process id; stops it and removes its directory at the end."""
    directory = tempfile.mkdtemp(prefix=f"compare-{broker.name}-")
    port = free_port()
    conf = os.path.join(directory, "broker.conf")
    if broker.conf:
        with open(conf, "w", encoding="utf-8") as file:
            file.write(broker.conf.format(port=port, dir=directory))
    arguments = shlex.split(broker.command.format(port=port, dir=directory, conf=conf))
    with open(os.path.join(directory, "log"), "wb") as log:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   preexec_fn=lambda: pin_child(cpus))
    try:
        for each in (port, *broker.more_ports):
            _await_port(process, each, broker.name)
        yield port, process.pid
        if process.poll() is not None:
            raise RuntimeError(f"{broker.name} ended with status {process.returncode} under load")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(directory, ignore_errors=True)
