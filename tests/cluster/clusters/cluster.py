"""A cluster of real processes, driven through the commands of tools/cluster."""

from __future__ import annotations

import contextlib
import os
import pathlib
import queue
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from dataclasses import dataclass
from typing import Iterator, Optional

from harness.broker import DESCRIPTORS, Unsupported
from harness.client import Failure

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tools"))

from clustering import servers as ensemble  # noqa: E402

COMMAND_SECONDS_MAX = 90
# Short, so that a kill is noticed soon; not so short that a loaded machine ends sessions by itself.
SESSION_TIMEOUT_S = 3
# What is held must not run out of its time while a loaded machine comes to the end of a case.
PATIENCE = ("--bank.ttl.min=20m", "--bank.ttl.max=20m")


@dataclass
class Place:
    """A process of the cluster: where it listens, and its process id while it runs."""

    name: str
    address: tuple[str, int]
    pid: int


class Cluster:
    """Pods and servers by number; `with` starts and stops them. Not thread-safe but for reading."""

    def __init__(self, program: str, pods: int = 3, servers: int = 1, netns: bool = False, options: tuple[str, ...] = (),
                 session_timeout_s: float = SESSION_TIMEOUT_S, heap: str = "1g"):
        if netns and (os.geteuid() != 0 or not shutil.which("ip")):
            raise Unsupported("network namespaces need root and the program `ip`")
        self.command = [str(ROOT / "tools/cluster"), str(pods), "--servers", str(servers), "--heap", heap, "--program", program,
                        *(["--netns"] if netns else []), "--", f"--zk.session.timeout={session_timeout_s:g}s",
                        "--sys.interval=1s", *PATIENCE, *options]
        self.session_timeout_s = session_timeout_s
        self.pods: list[Place] = []
        self.servers: list[Place] = []
        self.expected_ends: list[str] = []  # patterns for the ends of processes that a case wants
        self.lines: "queue.Queue[str]" = queue.Queue()

    def __enter__(self) -> "Cluster":
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, preexec_fn=_raise_descriptors)
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._await("ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, _type=None, error: Optional[BaseException] = None, _trace=None) -> None:
        if isinstance(error, Failure) and self.process.poll() is None:
            error.args = (f"{error}\n{textwrap.indent(self._last_words(), '     ')}",)
        self.process.terminate()
        try:
            self.process.wait(COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _last_words(self) -> str:
        """The ends of the pods' logs, behind what tools/cluster complained of before: why a case failed may stand there."""
        with contextlib.suppress(Failure, OSError):
            for pod in self.pods:
                self.order(f"tell {pod.name}")
        return self.complaints()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put("")

    def complaints(self) -> str:
        """What tools/cluster wrote to its standard error: processes that ended by themselves."""
        # Opened anew: the position in our own file is where tools/cluster writes next.
        return pathlib.Path(f"/proc/self/fd/{self.errors.fileno()}").read_text()

    def unexpected_ends(self) -> str:
        """The same, but empty when all of it was expected."""
        text = self.complaints()
        ends = re.findall(r"^(?:pod|server) .* ended with .*:", text, re.M)
        return text if any(not any(re.search(p, e) for p in self.expected_ends) for e in ends) else ""

    def _await(self, answer: str) -> None:
        deadline = time.monotonic() + COMMAND_SECONDS_MAX
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Failure(f"tools/cluster did not say `{answer}` within {COMMAND_SECONDS_MAX} s") from None
            if line == answer:
                return
            if line == "" or line.startswith("failed "):
                raise Failure(f"tools/cluster: {line or 'ended'}\n{self.complaints()}")
            self._note(line)

    def _note(self, line: str) -> None:
        found = re.fullmatch(r"(?:pod (\S+)|server) (\S+):(\d+) pid (\d+)", line)
        if not found:
            raise Failure(f"tools/cluster said {line!r}")
        address, pid = (found[2], int(found[3])), int(found[4])
        places = self.pods if found[1] else self.servers
        for place in places:
            if place.address == address:
                place.pid = pid
                return
        places.append(Place(found[1] or f"server-{len(places) + 1}", address, pid))

    def order(self, command: str) -> None:
        """Has a command of tools/cluster done; throws Failure."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        self._await(f"done {command}")

    def kill(self, pod: int) -> None:
        self.order(f"kill {self.pods[pod].name}")

    def stop(self, pod: int) -> None:
        self.order(f"stop {self.pods[pod].name}")

    def start(self, pod: int) -> None:
        self.order(f"start {self.pods[pod].name}")

    @contextlib.contextmanager
    def without(self, pod: int) -> Iterator[None]:
        """The pod is killed, and starts again afterwards whatever happens meanwhile."""
        self.kill(pod)
        try:
            yield
        finally:
            self.start(pod)

    def add(self) -> int:
        """The number of one more pod, which serves."""
        self.order("add")
        return len(self.pods) - 1

    def pause(self, pod: int) -> None:
        os.kill(self.pods[pod].pid, signal.SIGSTOP)

    def resume(self, pod: int) -> None:
        os.kill(self.pods[pod].pid, signal.SIGCONT)

    def leader(self) -> Place:
        """The server that leads the ensemble, or the only one."""
        deadline = time.monotonic() + COMMAND_SECONDS_MAX
        while time.monotonic() < deadline:
            for server in self.servers:
                if ensemble.mode(f"{server.address[0]}:{server.address[1]}") in ("leader", "standalone"):
                    return server
            time.sleep(0.1)
        raise Failure("no server leads")

    def addresses(self) -> list[tuple[str, int]]:
        return [pod.address for pod in self.pods]


def _raise_descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
