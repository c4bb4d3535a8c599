"""Building the load generator, and one measurement: a fresh broker, one run of the generator, its JSON line."""

import json
import os
import shlex
import subprocess
import sys

from .brokers import Broker, running
from .scenarios import Scenario

RUN_SECONDS_MAX = 240.0


def build(source: str, out: str) -> dict[str, str]:
    """Compiles mqload and mqsink when their sources are newer than the programs; returns name to path."""
    os.makedirs(out, exist_ok=True)
    programs = {}
    for name in ("mqload", "mqsink"):
        cpp, program = os.path.join(source, f"{name}.cpp"), os.path.join(out, name)
        if not os.path.exists(cpp):
            sys.exit(f"compare: {cpp} does not exist; say where the load generator is with --mqload DIR")
        if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(cpp):
            subprocess.run(["g++", "-O2", "-std=c++17", "-pthread", "-o", program, cpp], check=True)
        programs[name] = program
    return programs


def cpu_seconds(pids: list[int]) -> float:
    """Of these processes so far, by the kernel's clock ticks."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run(mqload: str, broker: Broker, scenario: Scenario, seconds: float, broker_cpus: set[int], load_cpu: int) -> dict:
    """One run; raises RuntimeError when the broker or the generator does not survive it."""
    with running(broker, broker_cpus) as (port, pid):
        command = [mqload, "--port", str(port), "--pid", str(pid), "--cpu", str(load_cpu),
                   "--label", f"{broker.name}/{scenario.name}", *shlex.split(scenario.arguments)]
        if scenario.timed:
            command += ["--warmup", "1", "--duration", str(seconds)]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"mqload still ran after {RUN_SECONDS_MAX:.0f} s") from error
        if answer.returncode != 0 or not answer.stdout.strip():
            raise RuntimeError(f"mqload: {answer.stderr.strip()[-300:]}")
        return json.loads(answer.stdout.strip().splitlines()[-1])


def faults(result: dict) -> str:
    """What went wrong in a run in a few words, empty when nothing did."""
    found = [f"{result[key]} {key}" for key in ("lost", "dup", "reordered", "alien", "badtopic", "unacked", "disconnects")
             if result.get(key)]
    if result["mode"] == "idle" and result["alive"] != 10000:
        found.append(f"{10000 - result['alive']} connections missing")
    if result["mode"] == "retained" and result["received"] != result["count"]:
        found.append(f"{result['count'] - result['received']} retained missing")
    return ", ".join(found)
