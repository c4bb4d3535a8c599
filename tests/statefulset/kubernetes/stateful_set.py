"""The StatefulSet controller: which ordinals there are, and in which order they come and go.

Methods return when what they ask for is so, and throw Failed if it takes too long. One caller at a time.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

from clustering.process import Failed

from .kubelet import Ending, Pod

READY_SECONDS_MAX = 90.0
POLL_SECONDS = 0.02


class StatefulSet:
    """`make` makes the pod of an ordinal, which starts at once. Deleted pods that still end are its predecessors' business."""

    def __init__(self, manifest: dict, make: Callable[[dict, str, int], Pod]):
        self.manifest, self._make = manifest, make
        self.name, self.spec = manifest["metadata"]["name"], manifest["spec"]
        self.pods: dict[int, Pod] = {}
        self.ever_made: list[Pod] = []
        self.endings: list[tuple[str, Ending]] = []
        self._lock = threading.Lock()

    @property
    def is_parallel(self) -> bool:
        return self.spec.get("podManagementPolicy", "OrderedReady") == "Parallel"

    def all(self) -> list[Pod]:
        with self._lock:
            return [self.pods[n] for n in sorted(self.pods)]

    def begin(self, replicas: int) -> None:
        """Has so many pods start, without waiting, if they need not wait for each other."""
        if self.is_parallel:
            for ordinal in range(replicas):
                self.create(ordinal)

    def scale(self, replicas: int) -> None:
        """All together if its policy is Parallel, else one after the other, each after the one before is ready or gone."""
        growing = [n for n in range(replicas) if n not in self.pods or not self.pods[n].is_ready]
        shrinking = sorted((n for n in self.pods if n >= replicas), reverse=True)
        for ordinal in growing:
            if ordinal not in self.pods:
                self.create(ordinal)
            if not self.is_parallel:
                self.await_ready(ordinal)
        for ordinal in shrinking:
            self.pods[ordinal].delete()
            if not self.is_parallel:
                self._forget(ordinal)
        for ordinal in growing:
            self.await_ready(ordinal)
        for ordinal in shrinking:
            if ordinal in self.pods:
                self._forget(ordinal)

    def roll(self, after_each: Callable[[int], None] = lambda _: None) -> None:
        """A rolling update: from the highest ordinal down, one at a time, whatever its policy is."""
        for ordinal in sorted(self.pods, reverse=True):
            self.delete(ordinal)
            self.create(ordinal)
            self.await_ready(ordinal)
            after_each(ordinal)

    def create(self, ordinal: int) -> Pod:
        pod = self._make(self.spec, self.name, ordinal)
        with self._lock:
            self.pods[ordinal] = pod
            self.ever_made.append(pod)
        return pod

    def delete(self, ordinal: int, grace_seconds: Optional[float] = None) -> Ending:
        """As `kubectl delete pod`; returns when it has ended. Its replacement is `create`d by whoever asked."""
        self.pods[ordinal].delete(grace_seconds)
        return self._forget(ordinal)

    def lose(self, ordinal: int) -> None:
        """The node of a pod is gone. The pod object stays, as Kubernetes cannot know, until `reschedule`."""
        self.pods[ordinal].lose()

    def reschedule(self, ordinal: int) -> None:
        """Its node was deleted from the cluster: the ordinal starts elsewhere, with another address and its claims."""
        self._forget(ordinal)
        self.create(ordinal)
        self.await_ready(ordinal)

    def await_ready(self, ordinal: int, seconds: float = READY_SECONDS_MAX) -> None:
        pod, deadline = self.pods[ordinal], time.monotonic() + seconds
        while not pod.is_ready:
            if time.monotonic() > deadline:
                raise Failed(f"{pod.name} is not ready after {seconds:g} s; restarts: {pod.restarts}")
            time.sleep(POLL_SECONDS)

    def _forget(self, ordinal: int) -> Ending:
        pod = self.pods[ordinal]
        pod.await_end()
        with self._lock:
            del self.pods[ordinal]
        self.endings.append((pod.name, pod.ending))
        return pod.ending

    def close(self) -> None:
        for pod in self.pods.values():
            pod.delete(0)
        for pod in self.pods.values():
            pod.await_end()
