"""Runs cases in a pool of threads: cases with the same broker options share one broker."""

from __future__ import annotations

import concurrent.futures
import threading
import time
import traceback
from typing import Optional

from .broker import Broker, Unsupported
from .client import Failure
from .registry import Case, Context
from .wire import WireError

THREADS = 32


class Brokers:
    """The shared brokers, one for each set of options, started when the first case asks."""

    def __init__(self, binary: str):
        self.binary = binary
        self.lock = threading.Lock()
        self.starting: dict[tuple, threading.Lock] = {}
        self.shared: dict[tuple, Broker] = {}

    def get(self, options: tuple[str, ...]) -> Broker:
        with self.lock:
            lock = self.starting.setdefault(options, threading.Lock())
        with lock:
            if options not in self.shared:
                self.shared[options] = Broker(self.binary, options).start()
            broker = self.shared[options]
        if not broker.running():
            raise RuntimeError(f"the broker is gone (status {broker.process.returncode}):\n{broker.log()}")
        return broker

    def stop_all(self) -> list[str]:
        """Ends every broker; what was wrong with them."""
        wrong = []
        for options, broker in self.shared.items():
            where = f"broker with {' '.join(options) or 'no options'}"
            try:
                early = not broker.running()
                status = broker.stop()
                if early or status != 0:
                    wrong.append(f"{where}: {'ended by itself' if early else 'ended'} with status {status}\n{broker.log()}")
            except RuntimeError as error:
                wrong.append(f"{where}: {error}")
            broker.close()
        return wrong


def _run(case: Case, brokers: Brokers) -> tuple[Optional[str], float]:
    """None for a pass, otherwise what went wrong; and the seconds it took."""
    began = time.monotonic()
    return _problem(case, brokers), time.monotonic() - began


def _problem(case: Case, brokers: Brokers) -> Optional[str]:
    own = None
    context = None
    try:
        if case.own:
            own = Broker(brokers.binary, case.options).start()
        context = Context(own or brokers.get(case.options), case.version)
        case.function(context)
        return None
    except Unsupported:
        raise
    except (Failure, WireError, OSError, RuntimeError) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/cases/" in f.filename]
        where = f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""
        return f"{type(error).__name__}: {error}{where}"
    except Exception:  # a fault of the case itself is a failure with its whole story
        return traceback.format_exc()
    finally:
        if context:
            context.finish()
        if own:
            own.close()


def run(binary: str, cases: list[Case], verbose: bool = False) -> int:
    """Runs the cases and prints the failures and the tally; the exit status."""
    brokers = Brokers(binary)
    began = time.monotonic()
    passed, skipped, failed = 0, 0, []
    # Cases with their own broker take longest: they go first.
    ordered = sorted(cases, key=lambda c: (not c.own, not c.options))
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        waiting = {pool.submit(_run, case, brokers): case for case in ordered}
        for future in concurrent.futures.as_completed(waiting):
            case = waiting[future]
            try:
                problem, seconds = future.result()
            except Unsupported as why:
                skipped += 1
                if verbose:
                    print(f"skip {case.title}: {why}")
                continue
            if problem is None:
                passed += 1
                if verbose:
                    print(f"ok   {case.title} {seconds:.1f} s")
            else:
                failed.append(case.title)
                print(f"FAIL {case.title}\n     {problem}", flush=True)
    for problem in brokers.stop_all():
        failed.append("broker")
        print(f"FAIL {problem}")
    print(f"{time.monotonic() - began:.1f} s{f', {skipped} not possible with this broker' if skipped else ''}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0
