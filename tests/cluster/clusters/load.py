"""Kills under load: twenty publishers, twenty persistent subscribers, three pods; every acknowledged message is accounted for."""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from typing import Awaitable, Callable, Optional

from crashes.ledger import Ledger
from harness.client import Failure
from harness.wire import V5, V311

from .cluster import Cluster
from .movers import Mover, Publisher, Subscriber
from .stage import own_cluster

PUBLISHERS = 20
SUBSCRIBERS = 20
RATE = 8.0  # messages a second of each publisher
TOPICS = 2
READY_SECONDS_MAX = 60.0
DRAIN_SECONDS_MAX = 120.0
# Longer silence than this with something missing means that it will not come.
SILENCE_SECONDS_MAX = 20.0
# Longer silence than this at the end, with everything there, means that nothing more comes.
SETTLE_SECONDS = 1.0
# A failure names this many messages; the others are in a file.
NAMED_MAX = 10


class Crowd:
    """Publishers and subscribers of everything, half of them by wildcards, half by exact filters.

    Subscribers ask for `qos`; publishers take it too, or in turn what `published` has. A `prefix` such as `one/` keeps two crowds apart.
    """

    def __init__(self, cluster: Cluster, qos: int, seed: int, publishers: int = PUBLISHERS, subscribers: int = SUBSCRIBERS,
                 rate: float = RATE, published: tuple[int, ...] = (), prefix: str = ""):
        self.cluster, self.ledger, pods = cluster, Ledger(), cluster.addresses()
        rng = random.Random(seed)
        seeds = (random.Random(rng.random()) for _ in range(publishers + subscribers))
        versions = (V5, V311)
        published = published or (qos,)
        self.publishers = [Publisher(f"{prefix}pub-{n:02}", versions[n % 2], self.ledger, pods, next(seeds),
                                     published[n // 2 % len(published)], rate, TOPICS) for n in range(publishers)]
        exact = [topic for publisher in self.publishers for topic in publisher.topics]
        filters = [exact, [f"load/{prefix}#"], exact, [f"load/{prefix}+/{n}" for n in range(TOPICS)]]
        self.subscribers = [Subscriber(f"{prefix}sub-{n:02}", versions[n // 2 % 2], self.ledger, pods, next(seeds), qos,
                                       filters[n % len(filters)]) for n in range(subscribers)]
        self.tasks: dict[asyncio.Task, Mover] = {}

    def _run(self, movers: list) -> None:
        self.tasks |= {asyncio.ensure_future(mover.run()): mover for mover in movers}

    async def begin(self) -> None:
        self._run(self.subscribers)
        for subscriber in self.subscribers:
            try:
                await asyncio.wait_for(subscriber.ready.wait(), READY_SECONDS_MAX)
            except asyncio.TimeoutError:
                raise Failure(f"{subscriber.name} could not subscribe: {self.ledger.complaints}") from None
        # What pods know of each other's subscriptions right after SUBACK is measured elsewhere.
        await asyncio.sleep(1)
        self._run(self.publishers)
        await self.arrives()

    async def arrives(self, seconds: float = READY_SECONDS_MAX) -> None:
        """Waits until each subscriber gets something that is published from now on."""
        loop = asyncio.get_running_loop()
        deadline, before = loop.time() + seconds, [s.arrived for s in self.subscribers]
        while any(s.arrived <= b for s, b in zip(self.subscribers, before)):
            self.check_alive()
            if loop.time() > deadline:
                idle = [s.name for s, b in zip(self.subscribers, before) if s.arrived <= b]
                raise Failure(f"nothing arrives at {', '.join(idle)} for {seconds:g} s")
            await asyncio.sleep(0.02)

    def check_alive(self) -> None:
        for task, mover in self.tasks.items():
            if task.done() and task.exception():
                raise Failure(f"{mover.name} failed") from task.exception()

    async def finish(self) -> list[str]:
        """Lets every exchange come to its end; problems, empty when every promise was kept."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN_SECONDS_MAX
        for publisher in self.publishers:
            publisher.stopping.set()
        while any(p.open for p in self.publishers) and loop.time() < deadline:
            await asyncio.sleep(0.05)
        problems = [f"{p.name} never got its acknowledgement of {m}" for p in self.publishers
                    for m, _ in list(p.open.values())[:3]]
        last, since = -1, loop.time()
        while loop.time() < deadline:
            count = sum(s.arrived for s in self.subscribers)
            if count != last:
                last, since = count, loop.time()
            silence = loop.time() - since
            if silence > SILENCE_SECONDS_MAX or silence > SETTLE_SECONDS and self._complete():
                break
            await asyncio.sleep(0.1)
        for subscriber in self.subscribers:
            subscriber.stopping.set()
        await asyncio.wait(self.tasks, timeout=10)
        self.check_alive()
        problems += self._unaccounted()
        if ends := self.cluster.unexpected_ends():
            problems.append(ends)
        return problems

    def _unaccounted(self) -> list[str]:
        """Every message that does not add up; a few of them here, all of them in a file."""
        found = self.ledger.check({s.name: s.qos for s in self.subscribers}, named_max=len(self.ledger.promised))
        if len(found) <= NAMED_MAX:
            return found
        with tempfile.NamedTemporaryFile("w", prefix="cluster-unaccounted-", suffix=".txt", delete=False) as file:
            file.write("\n".join(found) + "\n")
        return [*found[:NAMED_MAX], f"... and {len(found) - NAMED_MAX} more, all of them in {file.name}"]

    def _complete(self) -> bool:
        return not any(self.ledger.missing(s.name) for s in self.subscribers)

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()

    def tell(self, what: str) -> None:
        movers = self.publishers + self.subscribers
        print(f"  {what}: {len(self.ledger.promised)} messages acknowledged, {len(self.ledger.refused)} refused, "
              f"{sum(s.arrived for s in self.subscribers)} arrived, {sum(m.connects for m in movers)} connects", flush=True)


Strike = Callable[[Crowd, random.Random, int], Awaitable[None]]


async def _order(cluster: Cluster, command: str) -> None:
    await asyncio.get_running_loop().run_in_executor(None, cluster.order, command)


async def kill_and_start(crowd: Crowd, rng: random.Random, pod: str) -> None:
    """After a moment; it is back before or after the others have noticed."""
    cluster = crowd.cluster
    await asyncio.sleep(rng.uniform(0.3, 2))
    await _order(cluster, f"kill {pod}")
    await asyncio.sleep(rng.choice([0, rng.uniform(0, 1.5 * cluster.session_timeout_s)]))
    await _order(cluster, f"start {pod}")
    crowd.check_alive()


async def kill_all(crowd: Crowd) -> None:
    """At once, when all is well."""
    await crowd.arrives()
    for verb in ("kill", "start"):
        for pod in crowd.cluster.pods:
            await _order(crowd.cluster, f"{verb} {pod.name}")
    await crowd.arrives()


async def kill_pods(crowd: Crowd, rng: random.Random, kills: int) -> None:
    """A random pod each time, then all."""
    for _ in range(kills):
        await kill_and_start(crowd, rng, rng.choice(crowd.cluster.pods).name)
    await kill_all(crowd)


async def kill_leaders(crowd: Crowd, rng: random.Random, kills: int) -> None:
    cluster = crowd.cluster
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.3, 2))
        leader = await asyncio.get_running_loop().run_in_executor(None, cluster.leader)
        await _order(cluster, f"kill {leader.name}")
        await asyncio.sleep(rng.uniform(0, 3))
        await _order(cluster, f"start {leader.name}")
        crowd.check_alive()
    await crowd.arrives()


async def _kill_both(crowd: Crowd, rng: random.Random, kills: int) -> None:
    """The leader and a pod at the same moment."""
    cluster = crowd.cluster
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.3, 2))
        leader = await asyncio.get_running_loop().run_in_executor(None, cluster.leader)
        pod = rng.choice(cluster.pods)
        for place in (leader, pod):
            await _order(cluster, f"kill {place.name}")
        for place in (leader, pod):
            await asyncio.sleep(rng.uniform(0, 2))
            await _order(cluster, f"start {place.name}")
        crowd.check_alive()
    await crowd.arrives()


async def _stop_pods(crowd: Crowd, rng: random.Random, kills: int) -> None:
    """A pod stands still, often for longer than its session with ZooKeeper lasts: others have its sessions when it goes on."""
    cluster = crowd.cluster
    cluster.expected_ends.append(r"pod .* ended with 3:")  # fenced
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.3, 2))
        number = rng.randrange(len(cluster.pods))
        cluster.pause(number)
        await asyncio.sleep(rng.uniform(0, 2.5 * cluster.session_timeout_s))
        cluster.resume(number)
        await asyncio.sleep(rng.uniform(0, 1))
        await _order(cluster, f"restart {cluster.pods[number].name}")
        crowd.check_alive()
    await crowd.arrives()


def _under_load(args: argparse.Namespace, strike: Strike, qos: int, servers: Optional[int] = None) -> None:
    async def play(cluster: Cluster) -> list[str]:
        crowd = Crowd(cluster, qos, args.seed)
        try:
            await crowd.begin()
            await strike(crowd, random.Random(args.seed), args.kills)
            problems = await crowd.finish()
        except Failure as why:
            # A cluster that stopped to serve may have broken promises too, which says more.
            raise Failure("\n     ".join([f"seed {args.seed}: {why}", *await crowd.finish()])) from why
        finally:
            crowd.close()
        crowd.tell(f"{args.kills} kills")
        if len(crowd.ledger.promised) < 20 * args.kills:
            problems.append(f"only {len(crowd.ledger.promised)} messages were acknowledged: too few to show anything")
        return problems

    with Cluster(args.broker, args.pods, servers or args.servers) as cluster:
        if problems := asyncio.run(play(cluster)):
            raise Failure("\n     ".join([f"seed {args.seed}:", *problems]))


@own_cluster(pods=1)
def qos_1_with_killed_pods(args: argparse.Namespace) -> None:
    _under_load(args, kill_pods, 1)


@own_cluster(pods=1)
def qos_2_with_killed_pods(args: argparse.Namespace) -> None:
    _under_load(args, kill_pods, 2)


@own_cluster(pods=1)
def qos_2_with_stopped_pods(args: argparse.Namespace) -> None:
    _under_load(args, _stop_pods, 2)


@own_cluster(pods=1)
def qos_1_with_killed_leaders(args: argparse.Namespace) -> None:
    _under_load(args, kill_leaders, 1, servers=3)


@own_cluster(pods=1)
def qos_2_with_killed_leaders(args: argparse.Namespace) -> None:
    _under_load(args, kill_leaders, 2, servers=3)


@own_cluster(pods=1)
def qos_2_with_leaders_and_pods_killed_together(args: argparse.Namespace) -> None:
    _under_load(args, _kill_both, 2, servers=3)
