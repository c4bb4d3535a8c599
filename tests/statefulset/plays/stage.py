"""What a play works with: a world, load on it that checks its promises, and sessions that are away. And the list of plays."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Callable

from clusters.load import Crowd
from clusters.stage import Stage as Clients
from clusters.stage import connect_again, drain, routed
from harness.client import Failure, equal
from harness.wire import V5, V311
from kubernetes.kubelet import Ending, Pod
from kubernetes.world import World

CLIENTS = 10  # publishers, and as many subscribers
RATE = 8.0  # messages a second of each publisher
PING_SECONDS = 2.0
PROMISED_MIN = 50  # fewer show nothing


@dataclass(frozen=True)
class Play:
    name: str
    function: Callable[["Stage"], None]
    overlay: str


PLAYS: list[Play] = []


def play(overlay: str) -> Callable:
    """Registers a function; plays of one overlay share a world and come in the order of their registration."""
    def register(function: Callable) -> Callable:
        PLAYS.append(Play(function.__name__, function, overlay))
        return function
    return register


@dataclass(frozen=True)
class Place:
    address: tuple[str, int]


class Places:
    """The pods in the form that the clients of tests/cluster take, as they are whenever one connects."""

    def __init__(self, world: World):
        self.world = world

    @property
    def pods(self) -> list[Place]:
        return [Place((p.address, p.ports["mqtt"])) for p in self.world.broker_set.all()]


class Stage:
    def __init__(self, world: World, login: dict[str, str], name: str, seed: int):
        """`login` is what clients show, if they must."""
        self.world, self.login, self.name, self.seed = world, login, name, seed
        self.clients = Clients(Places(world), V5)
        self.clients.login = login
        self.away: list[str] = []

    def finish(self) -> None:
        self.clients.finish()

    # ---- load

    def under_load(self, *acts: Callable[[], None]) -> None:
        """Plays the acts while clients of both versions publish and subscribe with QoS 1 and 2; throws Failure for a promise broken."""
        if problems := asyncio.run(self._load(acts)):
            raise Failure("\n     ".join([f"seed {self.seed}:", *problems]))

    def leave_under_load(self, act: Callable[[], None]) -> None:
        """Likewise; and each pod that ends in the act does so well, within the grace period of its manifest."""
        pods = self.world.broker_set
        seen = len(pods.endings)
        self.under_load(act)
        ended = pods.endings[seen:]
        for name, ending in ended:
            went_well(ending, name, self.world.overlay.pod("mqttzoo")["terminationGracePeriodSeconds"])
        print(f"  they left within {', '.join(f'{e.seconds:.1f}' for _, e in ended)} s", flush=True)

    async def _load(self, acts: tuple[Callable[[], None], ...]) -> list[str]:
        crowd = Crowd(self.world, 2, self.seed, CLIENTS, CLIENTS, RATE, published=(1, 2), prefix=f"{self.name}/")
        for mover in crowd.publishers + crowd.subscribers:
            mover.ping_seconds, mover.login = PING_SECONDS, self.login
        loop = asyncio.get_running_loop()
        try:
            await crowd.begin()
            for act in acts:
                await loop.run_in_executor(None, act)
                crowd.check_alive()
                await crowd.arrives()
            problems = await crowd.finish()
        except Exception as why:
            # A cluster that stopped to serve may have broken promises too, which says more.
            raise Failure("\n     ".join([f"{type(why).__name__}: {why}", *await crowd.finish()])) from why
        finally:
            crowd.close()
        crowd.tell(self.name)
        if len(crowd.ledger.promised) < PROMISED_MIN:
            problems.append(f"only {len(crowd.ledger.promised)} messages were acknowledged: too few to show anything")
        return problems

    # ---- sessions that are away

    def leave_behind(self, count: int) -> None:
        """At each pod, as many sessions of each version without a client, with a message of their own."""
        for pod in range(len(self.world.broker_set.pods)):
            publisher = self.clients.client(pod)
            for version in (V311, V5):
                for n in range(count):
                    name = f"away-{version}-{pod}-{n}"
                    sub = self.clients.keeper(pod, name, version=version)
                    sub.subscribe(self.clients.topic(name), qos=1)
                    routed(publisher, self.clients.topic(name), sub)
                    sub.leave()
                    publisher.publish(self.clients.topic(name), name, qos=1)
                    self.away.append(name)

    def all_are_there(self) -> None:
        """Each with its message, at whatever pod it asks."""
        for n, name in enumerate(self.away):
            version = V5 if f"-{V5}-" in name else V311
            pod = n % len(self.world.broker_set.pods)
            sub = connect_again(lambda p=pod, v=version, m=name: self.clients.keeper(p, m, version=v))
            equal(sub.connack.session_present, True, f"session present of {name}")
            equal([p.payload.decode() for p in drain(sub, 0.3, count=1)], [name], f"messages of {name}")
            sub.leave()
        self.away.clear()


def ask(world: World, pod: Pod, path: str) -> tuple[int, dict]:
    """A pod's endpoint for operators, with the token of its Secret."""
    secret = next(v["secret"]["secretName"] for v in pod.spec["volumes"] if v["name"] == "admin")
    token = world.objects.secrets[secret]["token"].decode().strip()
    request = urllib.request.Request(f"http://{pod.address}:{pod.ports['admin']}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def went_well(ending: Ending, pod: str, seconds_max: float) -> None:
    """By itself, with status 0, within its grace period."""
    if ending.was_killed or ending.status != 0 or ending.seconds > seconds_max:
        raise Failure(f"{pod} ended with {ending.status} after {ending.seconds:.1f} s ({ending.hook_seconds:.1f} s in preStop)"
                      f"{', killed' if ending.was_killed else ''}")
