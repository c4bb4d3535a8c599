"""A namespace of a cluster that stands nowhere: the objects of an overlay, their pods, Services, and who answers for names."""

from __future__ import annotations

import collections
import itertools
import os
import pathlib
import shutil
import tempfile
from typing import Callable, Iterator, Optional

from clustering.network import OUTSIDE, Namespaces
from clustering.process import Failed
from overlays import Overlay

from .images import Built, ThisMachine
from .kubelet import Pod
from .names import DOMAIN, NameServer, resolv_conf
from .stateful_set import StatefulSet
from .volumes import Objects, Volumes, of_objects

NAMESPACE = "mqttzoo"
LAST_LINES = 10
# The only differences to the manifests: what is held must not run out of its time while a loaded machine plays, and of a
# pod that drains something must be left when somebody looks.
PATIENCE = {"MQTTZOO_BANK_TTL_MIN": "20m", "MQTTZOO_BANK_TTL_MAX": "20m", "MQTTZOO_DRAIN_RATE": "30"}


class Endpoints(collections.abc.Sequence):
    """The addresses behind a port of a Service, as they are whenever somebody looks."""

    def __init__(self, look: Callable[[], list[tuple[str, int]]]):
        self._look = look

    def __len__(self) -> int:
        return len(self._look())

    def __getitem__(self, index):
        return self._look()[index]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._look())


class World:
    """`with` makes it and takes it down. Methods of its StatefulSets have pods come and go."""

    def __init__(self, overlay: Overlay, images: ThisMachine | Built, secrets: dict[str, dict[str, bytes]]):
        """`secrets` are those that the operator makes."""
        self.overlay, self.images = overlay, images
        environment = overlay.pod("mqttzoo")["containers"][0]["env"]
        environment += [{"name": name, "value": value} for name, value in PATIENCE.items()]
        made = of_objects(overlay.objects)
        self.objects = Objects(made.config_maps, {**made.secrets, **secrets})
        self.services = overlay.all("Service")
        self._serial = itertools.count(1)

    def __enter__(self) -> "World":
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="statefulset-"))
        self.home.chmod(0o755)
        self.network = Namespaces()
        self.sets: dict[str, StatefulSet] = {}
        try:
            self.resolver = f"{self.network.net}.{OUTSIDE}"
            self.names = NameServer(self.resolver, self._look_up)
            self.sets = {name: StatefulSet(manifest, self._make) for name, manifest in self.overlay.all("StatefulSet").items()}
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for one in reversed(list(self.sets.values())):  # the broker's, then the servers it needs
            one.close()
        if hasattr(self, "names"):
            self.names.close()
        self.network.close()
        self.images.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def broker_set(self) -> StatefulSet:
        return self.sets["mqttzoo"]

    @property
    def servers(self) -> StatefulSet:
        return self.sets["zookeeper"]

    def start(self) -> None:
        """`kubectl apply`: as many replicas as the manifests and their autoscalers say, all sets at once."""
        for one in self.sets.values():
            one.begin(self.overlay.replicas(one.name))
        for one in self.sets.values():
            one.scale(self.overlay.replicas(one.name))

    # ---- pods

    def _make(self, spec: dict, set_name: str, ordinal: int) -> Pod:
        name, pod_spec = f"{set_name}-{ordinal}", spec["template"]["spec"]
        space = f"{name}-{next(self._serial)}"
        home = self.home / "pods" / space
        claims = [c["metadata"]["name"] for c in spec.get("volumeClaimTemplates", [])]
        volumes = Volumes(pod_spec, home / "volumes", self.claims(name), claims, self.objects)
        return Pod(name, pod_spec, volumes, home, self.network, space, self.log(name), resolv_conf(self.resolver, NAMESPACE),
                   self.images.get)

    def claims(self, pod: str) -> pathlib.Path:
        """The directory of the volumes that stay with an ordinal."""
        return self.home / "claims" / pod

    def log(self, pod: str) -> pathlib.Path:
        logs = self.home / "logs"
        logs.mkdir(exist_ok=True)
        return logs / pod

    # ---- services

    def _behind(self, service: dict) -> list[Pod]:
        selector, all_ready = service["spec"]["selector"], service["spec"].get("publishNotReadyAddresses", False)
        pods = []
        for one in self.sets.values():
            if selector.items() <= one.spec["template"]["metadata"]["labels"].items():
                pods += [p for p in one.all() if all_ready or p.serves]
        return pods

    def addresses(self) -> Endpoints:
        """Where the Service for clients sends them: never to a pod that is not ready or is to stop."""
        service = self.services["mqttzoo"]
        port = service["spec"]["ports"][0]["targetPort"]
        return Endpoints(lambda: [(p.address, p.ports[port]) for p in self._behind(service)])

    def _look_up(self, name: str) -> Optional[list[str]]:
        """The headless Services' names; pods have names of their own there."""
        own, dot, rest = name.partition(f".{NAMESPACE}.{DOMAIN}")
        if not dot or rest:
            return None
        pod, _, service = own.rpartition(".")
        if service not in self.services or self.services[service]["spec"].get("clusterIP") != "None":
            return None
        found = [p.address for p in self._behind(self.services[service]) if pod in ("", p.name)]
        return found or None

    # ---- what went wrong

    def unexpected_ends(self) -> str:
        """Containers that ended by themselves and were started again."""
        return "".join(f"\n{p.name} was started again after it ended with {p.restarts}:{self.last_words(p.name)}"
                       for one in self.sets.values() for p in one.ever_made if p.restarts)

    def logs(self) -> list[str]:
        return sorted(path.name for path in (self.home / "logs").glob("*"))

    def last_words(self, pod: str) -> str:
        try:
            lines = self.log(pod).read_text(errors="replace").splitlines()[-LAST_LINES:]
        except OSError:
            return ""
        return "".join(f"\n    {line[:300]}" for line in lines)


def need_root() -> None:
    if os.geteuid() != 0 or not shutil.which("ip"):
        raise Failed("namespaces need root and the program `ip`")
