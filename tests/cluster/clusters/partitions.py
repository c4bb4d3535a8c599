"""Pods cut off from ZooKeeper, from their peers, or from both, with clients on both sides."""

from __future__ import annotations

import argparse
import asyncio
import re

from harness.client import Failure, require

from .cluster import Cluster
from .load import Crowd
from .stage import own_cluster

# Longer than a session lasts, so that the cut-off pod is given up; the short one is over before.
LONG_CUT_S = 8.0
SHORT_CUT_S = 1.0
HEALED_SECONDS_MAX = 10.0
CUT_OFF = 0  # the pod that is cut off
PUBLISHERS = 9
SUBSCRIBERS = 9


def _pin(crowd: Crowd) -> None:
    """Two thirds of the clients stay with a pod each, whatever it does; the rest goes where it is served."""
    pods = crowd.cluster.addresses()
    for movers in (crowd.publishers, crowd.subscribers):
        for n, mover in enumerate(movers):
            if n % 3 != 2:
                mover.pods = [pods[n // 3 % len(pods)] if n % 3 == 0 else pods[CUT_OFF]]


async def _cut_and_heal(crowd: Crowd, targets: list[str], seconds: float, rounds: int) -> list[str]:
    cluster, loop = crowd.cluster, asyncio.get_running_loop()
    problems: list[str] = []
    for _ in range(rounds):
        before = {p.name: p.acknowledged for p in crowd.publishers}
        await loop.run_in_executor(None, cluster.order, f"cut {cluster.pods[CUT_OFF].name} {' '.join(targets)}")
        await asyncio.sleep(seconds)
        gained = {p: p.acknowledged - before[p.name] for p in crowd.publishers}
        inside = sum(n for p, n in gained.items() if p.pods == [cluster.pods[CUT_OFF].address])
        print(f"  {seconds:g} s without {' and '.join(targets)}: {inside} acknowledged at the cut-off pod, "
              f"{sum(gained.values()) - inside} elsewhere", flush=True)
        await loop.run_in_executor(None, cluster.order, "heal")
        healed = loop.time()
        await _well(cluster, crowd)
        took = loop.time() - healed
        print(f"  well {took:.1f} s after healing", flush=True)
        if took > HEALED_SECONDS_MAX:
            problems.append(f"well only {took:.1f} s after healing")
    return problems


async def _well(cluster: Cluster, crowd: Crowd) -> None:
    """Everybody is connected where it wants to be, gets acknowledgements and messages. A fenced pod may have to be started."""
    before = {p: p.acknowledged for p in crowd.publishers}
    loop = asyncio.get_running_loop()
    await _start_fenced(cluster)
    deadline = loop.time() + 3 * HEALED_SECONDS_MAX
    while waiting := [p.name for p in crowd.publishers if p.acknowledged == before[p]]:
        if loop.time() > deadline:
            raise Failure(f"no acknowledgement for {', '.join(waiting)} since healing")
        crowd.check_alive()
        await _start_fenced(cluster)
        await asyncio.sleep(0.1)
    await crowd.arrives(3 * HEALED_SECONDS_MAX)


async def _start_fenced(cluster: Cluster) -> None:
    """A pod whose session was over may end with status 3; what runs it would start it again."""
    ended = len(re.findall(rf"^pod {cluster.pods[CUT_OFF].name} .* ended with 3:", cluster.complaints(), re.M))
    started = getattr(cluster, "fenced_starts", 0)
    if ended > started:
        cluster.fenced_starts = ended
        await asyncio.get_running_loop().run_in_executor(None, cluster.start, CUT_OFF)


def _partition(args: argparse.Namespace, targets: list[str], qos: int, seconds: float = LONG_CUT_S, rounds: int = 2) -> None:
    async def play(cluster: Cluster) -> list[str]:
        crowd = Crowd(cluster, qos, args.seed, PUBLISHERS, SUBSCRIBERS)
        _pin(crowd)
        try:
            await crowd.begin()
            problems = await _cut_and_heal(crowd, targets, seconds, rounds)
            problems += await crowd.finish()
        except Failure as why:
            raise Failure("\n     ".join([f"seed {args.seed}: {why}", *await crowd.finish()])) from why
        finally:
            crowd.close()
        crowd.tell(f"{rounds} cuts")
        require(crowd.ledger.promised, "nothing was acknowledged")
        return problems

    with Cluster(args.broker, args.pods, args.servers, netns=True) as cluster:
        cluster.expected_ends.append(rf"pod {cluster.pods[CUT_OFF].name} .* ended with 3:")
        if problems := asyncio.run(play(cluster)):
            raise Failure("\n     ".join([f"seed {args.seed}:", *problems]))


@own_cluster(pods=1)
def cut_off_from_zookeeper(args: argparse.Namespace) -> None:
    _partition(args, ["servers"], 1)


@own_cluster(pods=1)
def cut_off_from_zookeeper_shortly(args: argparse.Namespace) -> None:
    _partition(args, ["servers"], 2, SHORT_CUT_S, rounds=4)


@own_cluster()
def cut_off_from_peers(args: argparse.Namespace) -> None:
    _partition(args, ["pods"], 1)


@own_cluster()
def cut_off_from_peers_shortly(args: argparse.Namespace) -> None:
    _partition(args, ["pods"], 2, SHORT_CUT_S, rounds=4)


@own_cluster()
def cut_off_from_one_peer(args: argparse.Namespace) -> None:
    """Two pods that both live and cannot reach each other, while a third one reaches both."""
    _partition(args, ["mqttzoo-1"], 1)


@own_cluster()
def cut_off_from_both(args: argparse.Namespace) -> None:
    _partition(args, ["servers", "pods"], 1)


@own_cluster()
def cut_off_from_both_with_qos_2(args: argparse.Namespace) -> None:
    _partition(args, ["servers", "pods"], 2)
