"""The cases and the tally; and programs of ours that print `ok NAME` or `FAIL NAME: why` for each case they run."""

from __future__ import annotations

import itertools
import subprocess
import time
import traceback
from typing import Callable

MUST_SECONDS_MAX = 300  # some build, others run many cases: it ends what hangs

_serial = itertools.count(1)


class Failure(Exception):
    """A client did not see what it should."""


def must(command: list[str], **options) -> str:
    """Runs a program that has to succeed; what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=MUST_SECONDS_MAX, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: status {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def topic(name: str) -> str:
    """A topic that no other case uses."""
    return f"interop/{next(_serial)}/{name}"


class Suite:
    def __init__(self, port: int, part: list[str]):
        self.port, self.part = port, part
        self.passed = self.failed = 0

    def wanted(self, name: str) -> bool:
        return not self.part or any(p in name for p in self.part)

    def report(self, name: str, problem: str = "", seconds: float = 0) -> None:
        if problem:
            self.failed += 1
            print(f"FAIL {name}\n     {problem}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {name}{f' {seconds:.1f} s' if seconds else ''}", flush=True)

    def case(self, name: str, function: Callable, *arguments) -> None:
        """Runs one case in this process."""
        if not self.wanted(name):
            return
        began = time.monotonic()
        try:
            function(self.port, *arguments)
        except (Failure, OSError, subprocess.SubprocessError) as error:
            self.report(name, f"{type(error).__name__}: {error}")
        except Exception:  # a fault of the case itself is a failure with its whole story
            self.report(name, traceback.format_exc())
        else:
            self.report(name, seconds=time.monotonic() - began)

    def program(self, name: str, command: list[str], **options) -> None:
        """Runs a program that reports its own cases."""
        if not self.wanted(name):
            return
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=MUST_SECONDS_MAX, **options)
        except (OSError, subprocess.SubprocessError) as error:
            self.report(name, f"{type(error).__name__}: {error}")
            return
        cases = 0
        for line in done.stdout.splitlines():
            verdict, _, rest = line.partition(" ")
            if verdict == "ok":
                self.report(f"{name}: {rest}")
            elif verdict == "FAIL":
                case, _, why = rest.partition(": ")
                self.report(f"{name}: {case}", why or "no reason given")
            else:
                continue
            cases += 1
        if done.returncode not in (0, 1) or not cases:
            self.report(name, f"ended with status {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
