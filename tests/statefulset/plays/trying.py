"""The overlay `dev`: one server, one pod, which becomes three and one again."""

from __future__ import annotations

import pathlib
import threading
import time

from clusters.stage import eventually
from harness.client import Failure, equal, require

from .stage import Stage, ask, play, went_well

AWAY = 3  # sessions of each version at each pod
# On a loaded machine; what is idle starts within two.
NOTICED_SECONDS_MAX = 30


def _status(pid: int) -> dict[str, str]:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@play("dev")
def a_container_is_what_its_manifest_says(s: Stage) -> None:
    """Which shows that this suite does what it should, as much as the manifest."""
    s.world.start()
    pod = s.world.broker_set.pods[0]
    said = _status(pod.container.first())
    equal(said["Name"], "mqttzood", "process number 1")
    equal(said["NSpid"].split()[-1], "1", "its number inside")
    equal(said["Uid"].split()[0] + said["Gid"].split()[0], "1000110001", "user and group")
    equal((said["CapEff"], said["CapBnd"], said["NoNewPrivs"]), ("0" * 16, "0" * 16, "1"), "privileges")
    require(not pod.container.run(["touch", "/var/lib/file"], 5), "the root can be written to")
    require(pod.container.run(["test", "-r", "/run/secrets/mqttzoo/admin/token"], 5), "the token cannot be read")
    environment = pathlib.Path(f"/proc/{pod.container.first()}/environ").read_text(encoding="utf-8").split("\0")
    require(f"MQTTZOO_POD_NAME={pod.name}" in environment and len(environment) < 14, f"environment {environment}")


def _fill_old_volume(s: Stage, pod: str) -> None:
    """The store of a broker that was alone under this name, long ago."""
    place = s.world.claims(pod) / "data" / "mqttzoo-data"
    place.mkdir(parents=True)
    (place / "mqttzoo.db").write_bytes(b"no store at all, and nobody asks")
    (place / "mqttzoo.db").chmod(0)


@play("dev")
def one_becomes_three_under_load(s: Stage) -> None:
    s.under_load(lambda: s.world.broker_set.scale(3))
    for pod in range(3):
        s.clients.client(pod).leave()
    for pod in s.world.broker_set.all():
        code, said = ask(s.world, pod, "/readyz")
        equal(code, 200, f"{pod.name} is ready: {said}")


@play("dev")
def all_are_restarted_in_turn_under_load(s: Stage) -> None:
    s.leave_behind(AWAY)
    s.leave_under_load(s.world.broker_set.roll)
    s.all_are_there()


@play("dev")
def readiness_goes_before_the_sessions(s: Stage) -> None:
    """Services leave it alone from its deletion on; /readyz says no while most sessions are still there."""
    for n in range(300):
        s.clients.keeper(2, f"crowd-{n}").leave()
    pod = s.world.broker_set.pods[2]
    before = ask(s.world, pod, "/api/v1/pod")[1]["sessions"]
    require(before >= 300, f"{before} sessions")
    ends = threading.Thread(target=s.world.broker_set.delete, args=(2,))
    ends.start()
    try:
        eventually(lambda: not pod.serves, "the Service has let go of it")
        equal(ask(s.world, pod, "/readyz")[0], 200, "ready during preStop")
        s.clients.client(2).leave()  # who comes all the same is served
        first = _first_refusal(s, pod)
        print(f"  not ready with {first} of {before} sessions left", flush=True)
        require(first > before / 2, f"{first} of {before} sessions were left when it was not ready any more")
    finally:
        ends.join()
    went_well(s.world.broker_set.endings[-1][1], pod.name, 60)
    s.world.broker_set.create(2)
    s.world.broker_set.await_ready(2)


def _first_refusal(s: Stage, pod) -> int:
    """The sessions that were left when /readyz said no for the first time."""
    deadline = time.monotonic() + NOTICED_SECONDS_MAX
    while time.monotonic() < deadline:
        if ask(s.world, pod, "/readyz")[0] != 200:
            return ask(s.world, pod, "/api/v1/pod")[1]["sessions"]
    raise Failure("it is ready although it drains")


@play("dev")
def a_grace_period_too_short_ends_in_sigkill_and_loses_nothing(s: Stage) -> None:
    s.leave_behind(AWAY)
    pods = s.world.broker_set

    def hurry() -> None:
        pods.pods[1].container.signal(19)  # SIGSTOP: it will not hear SIGTERM
        ending = pods.delete(1, grace_seconds=7)
        require(ending.was_killed and ending.hook_seconds >= 5, f"{ending}")
        pods.create(1)
        pods.await_ready(1)

    s.under_load(hurry)
    s.all_are_there()


@play("dev")
def a_node_is_lost_and_its_pod_comes_back_elsewhere(s: Stage) -> None:
    s.leave_behind(AWAY)
    pods = s.world.broker_set

    def lose() -> None:
        old = pods.pods[0].address
        pods.lose(0)
        others = [p for p in pods.all() if p.name != "mqttzoo-0"]
        eventually(lambda: all(len(ask(s.world, p, "/api/v1/pods")[1]["pods"]) == 2 for p in others), "the others adopt", NOTICED_SECONDS_MAX)
        pods.reschedule(0)
        require(pods.pods[0].address != old, "it came back with its old address")

    s.under_load(lose)
    s.all_are_there()


@play("dev")
def the_only_server_is_lost_and_comes_back_with_its_volume(s: Stage) -> None:
    """What needs a promise waits; the server has another address afterwards, which only its name tells."""
    s.leave_behind(AWAY)

    def all_say(code: int) -> bool:
        return all(ask(s.world, p, "/readyz")[0] == code for p in s.world.broker_set.all())

    def replace() -> None:
        s.world.servers.lose(0)
        eventually(lambda: all_say(503), "no pod is ready without it", NOTICED_SECONDS_MAX)
        s.world.servers.reschedule(0)
        eventually(lambda: all_say(200), "all pods are ready again", NOTICED_SECONDS_MAX)

    s.under_load(replace)
    s.all_are_there()


@play("dev")
def three_become_one_under_load_and_three_again(s: Stage) -> None:
    """Two at a time, as the policy is Parallel. Ordinals that come back have no claim on what they had, and find an old volume."""
    s.leave_behind(AWAY)
    pods = s.world.broker_set
    s.leave_under_load(lambda: pods.scale(1))
    s.all_are_there()
    s.leave_behind(AWAY)
    for pod in ("mqttzoo-1", "mqttzoo-2"):
        _fill_old_volume(s, pod)
    pods.spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    pods.spec["template"]["spec"]["containers"][0]["volumeMounts"].append({"name": "data", "mountPath": "/var/lib/mqttzoo"})
    s.under_load(lambda: pods.scale(3))
    s.all_are_there()
