"""Children with a log each, that end with this program and can be started again."""

from __future__ import annotations

import ctypes
import pathlib
import signal
import socket
import subprocess
import sys
import time
from typing import Callable, Optional

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 45  # drain.deadline, and time to store what is left
LAST_LINES = 20
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """The cluster cannot start, or a command cannot be done; the text says why."""


class Process:
    """A child with its log; gone when this program is, however it ends. `launch` starts it, again after an end."""

    def __init__(self, kind: str, name: str, address: str, log: Optional[pathlib.Path], command: list[str],
                 is_ready: Callable[["Process"], bool]):
        """`log` is a file that grows over all launches; None hands our own output to the child."""
        self.kind, self.name, self.address, self.log, self.command = kind, name, address, log, command
        self.is_ready = is_ready
        self.child: Optional[subprocess.Popen] = None
        self.expected_end = False  # somebody asked for its end, so that it is no news

    def __str__(self) -> str:
        title = "server" if self.kind == "server" else f"{self.kind} {self.name}"
        return f"{title} {self.address} pid {self.child.pid}"

    def launch(self) -> "Process":
        """Starts it and waits for nothing."""
        self.expected_end = False
        output = self.log.open("ab") if self.log else None
        try:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,  # ^C is for us alone, so that pods end before servers
                preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        finally:
            if output:
                output.close()
        return self

    def runs(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.is_ready(self):
            if not self.runs():
                raise Failed(f"{self} ended with {self.child.returncode}:{self.last_words()}")
            if time.monotonic() > deadline:
                raise Failed(f"{self} is not ready after {START_SECONDS_MAX} s:{self.last_words()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL, and waits for the end. A process that ended already is none the worse for it."""
        self.expected_end = True
        self.child.kill()
        self.child.wait()

    def last_words(self) -> str:
        if not self.log:
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "".join(f"\n    {line}" for line in lines)


def stop(processes: list[Process], how: signal.Signals = signal.SIGTERM) -> None:
    """Ends all of them together, by force when they take too long. SIGINT has a pod stop at once: it hands nothing over."""
    for process in processes:
        process.expected_end = True
        if process.runs():
            process.child.send_signal(how)
    deadline = time.monotonic() + STOP_SECONDS_MAX
    for process in processes:
        if process.child is None:
            continue
        try:
            process.child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{process} does not stop and is killed", file=sys.stderr)
            process.kill()


def connect(address: str) -> socket.socket:
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=1)


def accepts(process: Process) -> bool:
    try:
        connect(process.address).close()
        return True
    except OSError:
        return False
