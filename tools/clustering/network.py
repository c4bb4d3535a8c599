"""Where the processes of a cluster live: all on loopback, or each in a network namespace of its own.

Namespaces are joined by a bridge, on which this machine has an address too, so that clients outside reach every pod.
A pair is cut by giving each side a neighbour's hardware address that nobody has: packets vanish without an error, as
behind a broken switch, and no firewall is needed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import random
import shutil
import subprocess

from .process import Failed

NOBODY = "02:00:00:00:00:01"
OUTSIDE = 254  # the last byte of this machine's address on the bridge
PREFIX = "mqttzoo"


class Loopback:
    """Everything on 127.0.0.1; nothing can be cut."""

    pod_options: list[str] = []

    def host(self, _name: str) -> str:
        return "127.0.0.1"

    def inside(self, _name: str, command: list[str]) -> list[str]:
        return command

    def cut(self, _one: str, _other: str) -> None:
        raise Failed("links can be cut with --netns only")

    def heal(self) -> None:
        raise Failed("links can be cut with --netns only")

    def close(self) -> None:
        pass


class Namespaces:
    """One network namespace for each name, made when it is first asked for; `close` removes all."""

    # Links leave the loopback, and certificates are not what is tried here.
    pod_options = ["--links.plain=true"]

    def __init__(self) -> None:
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise Failed("--netns needs root and the program `ip`")
        _remove_leftovers()
        self.prefix = f"{PREFIX}-{os.getpid()}-"
        self.bridge = f"mz{os.getpid()}"
        self.net = f"10.{random.randrange(200, 250)}.{random.randrange(1, 250)}"
        self.numbers: dict[str, int] = {}
        self.cuts: set[tuple[str, str]] = set()
        self.serial = itertools.count(1)
        _ip(f"link add {self.bridge} type bridge")
        _ip(f"addr add {self.net}.{OUTSIDE}/24 dev {self.bridge}")
        _ip(f"link set {self.bridge} up")

    def host(self, name: str) -> str:
        if name not in self.numbers:
            self._add(name)
        return f"{self.net}.{self.numbers[name]}"

    def _add(self, name: str) -> None:
        number, space = next(self.serial), self.prefix + name
        port = f"{self.bridge}-{number}"
        self.numbers[name] = number
        _ip(f"netns add {space}")
        _ip(f"link add {port} type veth peer name net0 netns {space}")
        _ip(f"link set {port} master {self.bridge} up")
        _ip(f"-n {space} addr add {self.net}.{number}/24 dev net0")
        _ip(f"-n {space} link set net0 up")
        _ip(f"-n {space} link set lo up")

    def remove(self, name: str) -> None:
        """At once, as if the machine had lost its power: whoever is inside sends nothing any more, no goodbye either."""
        number = self.numbers.pop(name)
        self.cuts = {pair for pair in self.cuts if name not in pair}
        _ip(f"link del {self.bridge}-{number}")
        _ip(f"netns del {self.prefix}{name}")

    def inside(self, name: str, command: list[str]) -> list[str]:
        self.host(name)
        return ["ip", "netns", "exec", self.prefix + name, *command]

    def cut(self, one: str, other: str) -> None:
        for here, there in ((one, other), (other, one)):
            _ip(f"-n {self.prefix}{here} neigh replace {self.host(there)} lladdr {NOBODY} dev net0 nud permanent")
            self.cuts.add((here, there))

    def heal(self) -> None:
        while self.cuts:
            here, there = self.cuts.pop()
            _ip(f"-n {self.prefix}{here} neigh del {self.host(there)} lladdr {NOBODY} dev net0 nud permanent")

    def close(self) -> None:
        for name in self.numbers:
            with contextlib.suppress(Failed):
                _ip(f"netns del {self.prefix}{name}")
        with contextlib.suppress(Failed):
            _ip(f"link del {self.bridge}")


def _ip(arguments: str) -> str:
    done = subprocess.run(["ip", *arguments.split()], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"ip {arguments}: {done.stderr.strip()}")
    return done.stdout


def _remove_leftovers() -> None:
    """What a cluster that was killed with SIGKILL could not remove."""
    for line in _ip("netns list").splitlines():
        space = line.split()[0]
        prefix, _, rest = space.partition("-")
        owner = rest.partition("-")[0]
        if prefix == PREFIX and owner.isdigit() and not pathlib.Path(f"/proc/{owner}").exists():
            with contextlib.suppress(Failed):  # another cluster does the same
                _ip(f"netns del {space}")
            with contextlib.suppress(Failed):
                _ip(f"link del mz{owner}")
