"""The life of one pod as the kubelet plays it: start, probes, restarts; at its end preStop, SIGTERM, the grace period, SIGKILL."""

from __future__ import annotations

import itertools
import pathlib
import signal
import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional

from clustering.network import Namespaces

from .probes import Probe, Prober
from .sandbox import PATH, Container, Image, Plan
from .volumes import Mount, Volumes, remove

# A container that ends is started again: at once, then after these pauses.
BACKOFF_SECONDS = (0, 10, 20, 40, 80, 160, 300)
# What a container gets for SIGTERM when its preStop has used up the grace period.
LEAST_GRACE_SECONDS = 2
# Until Services do not send clients to a node any more that is gone: 40 s by Kubernetes' defaults, which nobody wants to wait for here.
NODE_MISSED_SECONDS = 5
POLL_SECONDS = 0.02


@dataclass
class Ending:
    """How a pod that was deleted went."""

    status: Optional[int] = None
    seconds: float = 0  # from the deletion until it had ended
    hook_seconds: float = 0  # of them in preStop
    was_killed: bool = False  # its grace period was over


class Pod:
    """One pod object: made, it starts; `delete` or `lose` ends it, and never does it come back. One thread of its own."""

    def __init__(self, name: str, spec: dict, volumes: Volumes, home: pathlib.Path, network: Namespaces, space: str, log: pathlib.Path,
                 resolver: str, images: Callable[[str], Image]):
        """`space` names its network namespace, `resolver` is the content of its resolv.conf, `home` a directory to be."""
        self.name, self.spec, self.volumes, self.home, self.network, self.space, self.log = name, spec, volumes, home, network, space, log
        self.address = network.host(space)
        self.container_spec = spec["containers"][0]
        self.ports = {p["name"]: p["containerPort"] for p in self.container_spec.get("ports", [])}
        self.is_ready = False
        self.restarts: list[int] = []  # the statuses with which its container ended by itself
        self.ending = Ending()
        self.container: Optional[Container] = None
        self.deleted_at: Optional[float] = None
        self.lost_at: Optional[float] = None
        self._readiness: Optional[Prober] = None
        self._grace_seconds = float(spec.get("terminationGracePeriodSeconds", 30))
        self._probers: list[Prober] = []
        self._unhealthy = threading.Event()
        self._plan = self._make_plan(resolver, images(self.container_spec["image"]))
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    # ---- what the API server has it do

    def delete(self, grace_seconds: Optional[float] = None) -> None:
        """Begins its end; it is no endpoint of any Service from now on."""
        if grace_seconds is not None:
            self._grace_seconds = grace_seconds
        if self.deleted_at is None:
            self.deleted_at = time.monotonic()

    def lose(self) -> None:
        """Its node is gone: nothing of it sends a packet any more, and nobody was told. Services do not know yet."""
        self.lost_at = time.monotonic()
        self.network.remove(self.space)
        if self.container:
            self.container.signal(signal.SIGKILL)
        self.await_end()

    def await_end(self) -> None:
        self._thread.join()

    @property
    def serves(self) -> bool:
        """Whether Services send clients to it."""
        missed = self.lost_at is not None and time.monotonic() > self.lost_at + NODE_MISSED_SECONDS
        return self.is_ready and self.deleted_at is None and not missed

    # ---- its thread

    def _live(self) -> None:
        for run in itertools.count():
            if not self._sleep(BACKOFF_SECONDS[min(run, len(BACKOFF_SECONDS) - 1)]):
                break
            self.container = Container(self._plan, self.network.inside(self.space, []), self.home / f"run-{run}", self.log)
            self._begin_probes()
            while self._is_wanted() and self.container.poll() is None and not self._unhealthy.is_set():
                time.sleep(POLL_SECONDS)
            if self.lost_at is not None:
                self._stop_probers()
                self.container.process.wait()
                break
            if self.deleted_at is not None:
                self._end()
                break
            if self._unhealthy.is_set():
                self._stop_container(time.monotonic() + self._grace_seconds)
            self.restarts.append(self.container.process.wait())
            self._end_probes()
        if self.lost_at is None:
            self.network.remove(self.space)
        remove(self.home)

    def _is_wanted(self) -> bool:
        return self.deleted_at is None and self.lost_at is None

    def _sleep(self, seconds: float) -> bool:
        """False once it is not wanted any more."""
        end = time.monotonic() + seconds
        while self._is_wanted() and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        return self._is_wanted()

    def _end(self) -> None:
        # Liveness is nothing to die for any more; readiness is still asked.
        self._stop_probers(but=self._readiness)
        self._stop_container(self.deleted_at + self._grace_seconds)
        self.ending.status, self.ending.seconds = self.container.poll(), time.monotonic() - self.deleted_at
        self._end_probes()

    def _stop_container(self, deadline: float) -> None:
        hook = self.container_spec.get("lifecycle", {}).get("preStop", {}).get("exec")
        if hook and self.container.poll() is None and deadline > time.monotonic():
            began = time.monotonic()
            self.container.run(hook["command"], deadline - began)
            self.ending.hook_seconds = time.monotonic() - began
            deadline = max(deadline, time.monotonic() + LEAST_GRACE_SECONDS)
        if deadline > time.monotonic():
            self.container.signal(signal.SIGTERM)
        if self.container.wait(deadline - time.monotonic()) is None:
            self.ending.was_killed = True
            self.container.signal(signal.SIGKILL)
            self.container.process.wait()

    # ---- probes

    def _begin_probes(self) -> None:
        self._unhealthy.clear()
        startup = self.container_spec.get("startupProbe")
        if startup:
            self._probe(startup, lambda good: self._begin_other_probes() if good else self._unhealthy.set())
        else:
            self._begin_other_probes()

    def _begin_other_probes(self) -> None:
        self._end_probes()
        if liveness := self.container_spec.get("livenessProbe"):
            self._probe(liveness, lambda good: None if good else self._unhealthy.set())
        if readiness := self.container_spec.get("readinessProbe"):
            self._readiness = self._probe(readiness, self._note_readiness)
        else:
            self._note_readiness(True)

    def _probe(self, spec: dict, on_change) -> Prober:
        prober = Prober(Probe(spec, self.ports, self.address), self.container, on_change)
        self._probers.append(prober)
        return prober

    def _stop_probers(self, but: Optional[Prober] = None) -> None:
        for prober in self._probers:
            if prober is not but:
                prober.stop()

    def _end_probes(self) -> None:
        self._stop_probers()
        self._probers.clear()
        self.is_ready = False

    def _note_readiness(self, good: bool) -> None:
        self.is_ready = good

    # ---- what the manifest says of its container

    def _make_plan(self, resolver: str, image: Image) -> Plan:
        spec = self.container_spec
        context = {**self.spec.get("securityContext", {}), **spec.get("securityContext", {})}
        if not context.get("readOnlyRootFilesystem"):
            raise ValueError(f"{self.name}: every root is read-only here")
        fixed = {"PATH": PATH, "HOSTNAME": self.name, "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
        return Plan(name=self.name, root=image.root,
                    command=[*spec.get("command", image.entry), *spec.get("args", [])],
                    environment={**image.environment, **fixed, **{e["name"]: self._value(e) for e in spec.get("env", [])}},
                    mounts=[*image.files, *self._own_files(resolver), *self.volumes.mounts(spec)],
                    user=context["runAsUser"], group=context["runAsGroup"], groups=[context["fsGroup"]],
                    capabilities_dropped="ALL" in context.get("capabilities", {}).get("drop", []),
                    privileges_gained=context.get("allowPrivilegeEscalation", True))

    def _own_files(self, resolver: str) -> list[Mount]:
        """What the kubelet writes into every container."""
        contents = {"resolv.conf": resolver, "hosts": f"127.0.0.1\tlocalhost\n::1\tlocalhost\n{self.address}\t{self.name}\n",
                    "hostname": f"{self.name}\n"}
        for name, content in contents.items():
            (self.home / name).write_text(content)
        return [Mount(str(self.home / name), f"/etc/{name}", False) for name in contents]

    def _value(self, entry: dict) -> str:
        if "value" in entry:
            return entry["value"]
        fields = {"metadata.name": self.name, "status.podIP": self.address}
        return fields[entry["valueFrom"]["fieldRef"]["fieldPath"]]
