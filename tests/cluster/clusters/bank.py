"""The bank on real processes: not a credit is lost or made by whatever is killed, and all of them come back."""

from __future__ import annotations

import argparse
import asyncio
import random
import time

from harness import wire
from harness.broker import Unsupported
from harness.client import Client, Failure, require
from harness.wire import V5

from . import load
from .books import Books, await_reaper, read_books, user_of
from .cluster import Cluster
from .stage import own_cluster

TTL_MIN_S, TTL_MAX_S = 60, 70
# Leases are given back within ten seconds, and what has had its time goes within one.
LATE_SECONDS_MAX = 20
AWAY = 5
# Elections take long; fewer of them show nothing that a test run has the time for.
LEADER_KILLS_MIN = 20


def _leave_sessions(cluster: Cluster) -> None:
    """For whom everything is held until its time is over: they never come back."""
    for n in range(AWAY):
        client = Client(cluster.addresses()[n % len(cluster.pods)], V5, f"away-{n}")
        client.connect(clean=False, props={"session_expiry": 3600})
        client.subscribe("load/#", qos=2)
        client.leave()


def _balanced(cluster: Cluster) -> Books:
    books = read_books(cluster)
    print(f"  {books}", flush=True)
    require(books.total > 0, "there is no bank")
    require(books.missing() == 0, str(books))
    return books


def _await_full(cluster: Cluster) -> None:
    """Everything that was held has had its time."""
    deadline = time.monotonic() + TTL_MAX_S + LATE_SECONDS_MAX
    while True:
        books = _balanced(cluster)
        if not books.mail:
            return
        require(time.monotonic() < deadline, f"mail is held beyond its time: {books}")
        time.sleep(1)


async def _kill_pods_and_reapers(crowd: load.Crowd, rng: random.Random, kills: int) -> None:
    """Any pod, and then the one that leads the reaper, in turn; all at once at the end."""
    cluster, loop = crowd.cluster, asyncio.get_running_loop()
    user, last = user_of(cluster), ""
    for _ in range(kills):
        await load.kill_and_start(crowd, rng, rng.choice(cluster.pods).name)
        last = await loop.run_in_executor(None, await_reaper, cluster, user, last)
        await load.kill_and_start(crowd, rng, last.rpartition("-")[0])
    await load.kill_all(crowd)


def _conserves(args: argparse.Namespace, strike: load.Strike, qos: int, servers: int) -> None:
    async def play(cluster: Cluster) -> list[str]:
        crowd = load.Crowd(cluster, qos, args.seed)
        try:
            await crowd.begin()
            await strike(crowd, random.Random(args.seed), args.kills)
            return await crowd.finish()
        finally:
            crowd.close()
            crowd.tell(f"{args.kills} kills")

    # Messages live long enough for whoever is slow to come back, and end within the case.
    options = (f"--bank.ttl.min={TTL_MIN_S}s", f"--bank.ttl.max={TTL_MAX_S}s")
    with Cluster(args.broker, args.pods, servers, options=options) as cluster:
        _leave_sessions(cluster)
        problems = asyncio.run(play(cluster))
        held = _balanced(cluster)
        if not held.mail:
            problems.append("nothing was held, so nothing is shown")
        _await_full(cluster)
        if problems:
            raise Failure("\n     ".join([f"seed {args.seed}:", *problems]))


@own_cluster(pods=1)
def conserves_credits_with_killed_pods_and_reapers(args: argparse.Namespace) -> None:
    _conserves(args, _kill_pods_and_reapers, 1, args.servers)


@own_cluster(pods=2)
def keeps_a_client_to_its_share_at_another_pod(args: argparse.Namespace) -> None:
    options = (f"--bank.ttl.min={TTL_MAX_S}s", f"--bank.ttl.max={TTL_MAX_S}s", "--bank.capacity=1MiB", "--bank.client.share=20")
    with Cluster(args.broker, 2, 1, options=options) as cluster:
        here, there = cluster.addresses()
        away, greedy, modest = (Client(pod, V5, name) for pod, name in ((there, "away"), (here, "greedy"), (here, "modest")))
        away.connect(clean=False, props={"session_expiry": 3600})
        away.subscribe("share", qos=1)
        away.leave()
        greedy.connect()
        modest.connect()
        held = 0
        while (answer := _offer(greedy, bytes(10_000))).code == 0:
            held += 1
            require(held < 40, "one client has nearly all there is")
        require(answer.code == 0x97 and "share" in answer.props["reason_string"], f"{answer} after {held}")
        require(held > 10, f"refused after {held}")
        require(_offer(modest, bytes(10_000)).code == 0, "another client pays for it")


def _offer(client: Client, payload: bytes) -> wire.Packet:
    pid = client.next_pid()
    client.send(wire.publish("share", payload, 1, pid, version=V5))
    return client.expect_ack(wire.PUBACK, pid=pid)


@own_cluster(pods=1)
def conserves_credits_with_killed_leaders(args: argparse.Namespace) -> None:
    if args.kills < LEADER_KILLS_MIN:
        raise Unsupported(f"a longer run: --kills {LEADER_KILLS_MIN} at least")
    _conserves(args, load.kill_leaders, 2, 3)
