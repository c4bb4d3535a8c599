"""mosquitto_pub, mosquitto_sub and mosquitto_rr."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
import time
from typing import Iterator

from .suite import Failure, Suite, topic

VERSIONS = ("mqttv31", "mqttv311", "mqttv5")
SECONDS_MAX = 20


def pub(port: int, version: str, *arguments: str, data: str = "") -> None:
    done = subprocess.run(["mosquitto_pub", "-p", str(port), "-V", version, *arguments], input=data, capture_output=True,
                          text=True, timeout=SECONDS_MAX)
    if done.returncode != 0 or done.stderr:
        raise Failure(f"mosquitto_pub {' '.join(arguments)}: status {done.returncode}, {done.stderr}")


class Sub:
    """A running mosquitto_sub whose subscription is known to stand: its first message is a retained marker."""

    def __init__(self, port: int, version: str, pattern: str, marker: str, *arguments: str):
        pub(port, version, "-t", marker, "-m", "ready", "-r", "-q", "1")
        self.process = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-V", version, "-W", str(SECONDS_MAX), "-F",
                                         "%q %r %t %p", "-t", pattern, "-t", marker, *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.early = []
        while not (line := self.line()).endswith(f"{marker} ready"):
            self.early.append(line)

    def line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"mosquitto_sub ended with status {self.process.wait()}")
        return line.rstrip("\n")

    def expect(self, *lines: str) -> None:
        for wanted in lines:
            got = self.line()
            if got != wanted:
                raise Failure(f"got {got[:200]!r}, wanted {wanted[:200]!r}")


@contextlib.contextmanager
def subscribed(port: int, version: str, pattern: str, *arguments: str) -> Iterator[Sub]:
    sub = Sub(port, version, pattern, topic("marker"), *arguments)
    try:
        yield sub
    finally:
        sub.process.kill()
        sub.process.wait()
        sub.process.stdout.close()


def qos(port: int, version: str, level: int) -> None:
    name = topic("qos")
    with subscribed(port, version, name, "-q", str(level)) as sub:
        for n in range(3):
            pub(port, version, "-t", name, "-q", str(level), "-m", f"message {n}")
        sub.expect(*[f"{level} 0 {name} message {n}" for n in range(3)])


def versions_meet(port: int) -> None:
    name = topic("mixed")
    with contextlib.ExitStack() as stack:
        subs = [stack.enter_context(subscribed(port, v, name, "-q", "2")) for v in VERSIONS]
        for version in VERSIONS:
            pub(port, version, "-t", name, "-q", "2", "-m", version)
            for sub in subs:
                sub.expect(f"2 0 {name} {version}")


def many_lines(port: int, version: str, level: int) -> None:
    name = topic("lines")
    with subscribed(port, version, name, "-q", str(level)) as sub:
        pub(port, version, "-t", name, "-q", str(level), "-l", data="".join(f"{n}\n" for n in range(2000)))
        sub.expect(*[f"{level} 0 {name} {n}" for n in range(2000)])


def wildcards(port: int, version: str) -> None:
    root = topic("w")
    with subscribed(port, version, f"{root}/+/c/#", "-q", "1") as sub:
        for name in ("a/b", "a/c", "a/c/d/e", "b/c/x", "c/a/c"):
            pub(port, version, "-t", f"{root}/{name}", "-q", "1", "-m", name)
        sub.expect(*[f"1 0 {root}/{name} {name}" for name in ("a/c", "a/c/d/e", "b/c/x")])


def large(port: int, version: str) -> None:
    name = topic("large")
    with subscribed(port, version, name, "-q", "1") as sub, tempfile.NamedTemporaryFile("w") as file:
        file.write("0123456789" * 30000)
        file.flush()
        pub(port, version, "-t", name, "-q", "1", "-f", file.name)
        sub.expect(f"1 0 {name} " + "0123456789" * 30000)


def retained(port: int, version: str) -> None:
    name = topic("retained")
    pub(port, version, "-t", name, "-q", "1", "-r", "-m", "kept")
    with subscribed(port, version, name, "-q", "1") as sub:
        if not sub.early:
            sub.early.append(sub.line())
        if sub.early != [f"1 1 {name} kept"]:
            raise Failure(f"retained: {sub.early}")
        pub(port, version, "-t", name, "-q", "1", "-r", "-m", "live")
        sub.expect(f"1 0 {name} live")
    pub(port, version, "-t", name, "-q", "1", "-r", "-n")
    with subscribed(port, version, name, "-q", "1") as sub:
        pub(port, version, "-t", name, "-m", "next", "-q", "1")
        if sub.early:
            raise Failure(f"still retained: {sub.early}")
        sub.expect(f"1 0 {name} next")


def will(port: int, version: str) -> None:
    name = topic("will")
    arguments = ("--will-topic", name, "--will-payload", "gone", "--will-qos", "1")
    with subscribed(port, version, name, "-q", "1") as sub:
        with subscribed(port, version, topic("nothing"), *arguments) as dying:
            dying.process.kill()
            sub.expect(f"1 0 {name} gone")


def session(port: int, version: str) -> None:
    name, client = topic("session"), topic("id").replace("/", "")[:23]
    keep = ["-c", "-i", client, "-q", "1"] + (["-x", "600"] if version == "mqttv5" else [])
    with subscribed(port, version, name, *keep):
        pass  # killed, so the session stays
    for n in range(5):
        pub(port, version, "-t", name, "-q", "1", "-m", f"{n}")
    done = subprocess.run(["mosquitto_sub", "-p", str(port), "-V", version, "-t", name, "-C", "5", "-W", "10", *keep],
                          capture_output=True, text=True, timeout=SECONDS_MAX)
    if done.stdout.split() != [f"{n}" for n in range(5)]:
        raise Failure(f"status {done.returncode}: {done.stdout}{done.stderr}")


def shared(port: int) -> None:
    name = topic("shared")
    with subscribed(port, "mqttv5", f"$share/g/{name}") as a, subscribed(port, "mqttv5", f"$share/g/{name}") as b:
        for n in range(20):
            pub(port, "mqttv5", "-t", name, "-m", f"{n}")
        got = [[], []]
        readers = [threading.Thread(target=lambda sub=sub, lines=lines: lines.extend(map(str.rstrip, sub.process.stdout)))
                   for sub, lines in zip((a, b), got)]
        for reader in readers:
            reader.start()
        deadline = time.monotonic() + SECONDS_MAX
        while len(got[0]) + len(got[1]) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        for sub in (a, b):  # to end them
            sub.process.terminate()
        for reader in readers:
            reader.join(SECONDS_MAX)
        if sorted(got[0] + got[1]) != sorted(f"0 0 {name} {n}" for n in range(20)) or not all(got):
            raise Failure(f"{got}")


def properties(port: int) -> None:
    name = topic("properties")
    process = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-V", "mqttv5", "-t", name, "-C", "1", "-W", "10", "-F",
                                "%p|%C|%R|%D|%P"], stdout=subprocess.PIPE, text=True)
    try:
        while process.poll() is None:
            pub(port, "mqttv5", "-t", name, "-m", "x", "-D", "publish", "content-type", "text/x", "-D", "publish",
                "response-topic", "re/ply", "-D", "publish", "correlation-data", "42", "-D", "publish", "user-property", "b",
                "1", "-D", "publish", "user-property", "a", "2", "-D", "publish", "user-property", "b", "3")
        got = process.stdout.read().strip()
        if got != "x|text/x|re/ply|42|b:1 a:2 b:3":
            raise Failure(got)
    finally:
        process.kill()
        process.wait()


def request_and_response(port: int) -> None:
    asked, answered = topic("request"), topic("response")
    with subscribed(port, "mqttv5", asked) as sub:
        asking = subprocess.Popen(["mosquitto_rr", "-p", str(port), "-V", "mqttv5", "-t", asked, "-e", answered, "-m", "?",
                                   "-W", str(SECONDS_MAX)], stdout=subprocess.PIPE, text=True)
        try:
            sub.expect(f"0 0 {asked} ?")
            pub(port, "mqttv5", "-t", answered, "-m", "!")
            got = asking.communicate(timeout=SECONDS_MAX)[0].strip()
            if got != "!":
                raise Failure(f"answer {got!r}")
        finally:
            asking.kill()
            asking.wait()


def sys_topics(port: int, version: str) -> None:
    done = subprocess.run(["mosquitto_sub", "-p", str(port), "-V", version, "-t", "$SYS/broker/version", "-C", "1", "-W", "15"],
                          capture_output=True, text=True, timeout=SECONDS_MAX)
    if not done.stdout.strip():
        raise Failure(f"status {done.returncode}: {done.stderr}")


def run(suite: Suite) -> None:
    for version in VERSIONS:
        for level in (0, 1, 2):
            suite.case(f"mosquitto {version}: QoS {level}", qos, version, level)
        for level in (1, 2):
            suite.case(f"mosquitto {version}: 2000 lines at QoS {level}", many_lines, version, level)
        for case in (wildcards, large, retained, will, session, sys_topics):
            suite.case(f"mosquitto {version}: {case.__name__}", case, version)
    suite.case("mosquitto: versions meet", versions_meet)
    suite.case("mosquitto mqttv5: shared", shared)
    suite.case("mosquitto mqttv5: properties", properties)
    suite.case("mosquitto mqttv5: request and response", request_and_response)
