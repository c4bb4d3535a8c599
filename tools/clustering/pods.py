"""Pods that share a tree in ZooKeeper. All of them serve, each on a port of its own."""

from __future__ import annotations

import pathlib
import secrets
from typing import Optional

from .network import Loopback, Namespaces
from .ports import free_port
from .process import Process, accepts

CHROOT = "/mqttzoo"


class Pods:
    """Makes pods one after the other: `mqttzoo-0`, `mqttzoo-1` and so on."""

    def __init__(self, program: str, servers: str, home: pathlib.Path, network: Loopback | Namespaces,
                 options: list[str], first_port: Optional[int] = None, chroot: str = CHROOT, log_to_us: bool = False):
        self.program, self.servers, self.home, self.network = program, servers, home, network
        self.options, self.next_port, self.chroot, self.log_to_us = options, first_port, chroot, log_to_us
        self.made: list[Process] = []
        self.user = home / "user"
        if not self.user.exists():
            self.user.touch(mode=0o600)
            self.user.write_text(f"mqttzoo:{secrets.token_hex(16)}\n")

    def make(self) -> Process:
        """The next pod, not started."""
        name = f"mqttzoo-{len(self.made)}"
        port, links_port = free_port(), free_port()
        if self.next_port:
            port, self.next_port = self.next_port, self.next_port + 1
        host = self.network.host(name)
        command = [
            self.program, f"--zk.servers={self.servers}", f"--zk.chroot={self.chroot}", f"--zk.auth={self.user}",
            f"--pod.name={name}", f"--net.address={host}", f"--net.port={port}", f"--links.address={host}",
            # A namespace is another machine to its clients.
            f"--links.port={links_port}", "--auth.anonymous=allow", *self.network.pod_options, *self.options]
        log = None if self.log_to_us else self.home / f"{name}.log"
        pod = Process("pod", name, f"{host}:{port}", log, self.network.inside(name, command), accepts)
        self.made.append(pod)
        return pod

    def start(self, count: int) -> None:
        for _ in range(count):
            self.make().launch()
        for pod in self.made:
            pod.await_ready()
            print(pod, flush=True)
