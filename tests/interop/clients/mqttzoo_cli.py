"""`mqttzoo pub` and `mqttzoo sub` beside mosquitto_pub and mosquitto_sub: the same bytes and statuses."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import socketserver
import subprocess
import tempfile
import threading
import time

from . import mqttzoo_ends, mqttzoo_ways
from .mqttzoo_ends import Scripted
from .suite import Failure, Suite, topic

SECONDS_MAX = 20
VERSIONS = ("mqttv31", "mqttv311", "mqttv5")


class Pair:
    """Both pairs of tools, against one broker."""

    def __init__(self, binary: str, port: int):
        self.where = ["-h", "127.0.0.1", "-p", str(port)]
        self.tools = {"mosquitto": (["mosquitto_pub"], ["mosquitto_sub"]), "mqttzoo": ([binary, "pub"], [binary, "sub"])}

    def run(self, name: str, which: int, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess:
        return subprocess.run([*self.tools[name][which], *self.where, *arguments], input=data, capture_output=True,
                              timeout=SECONDS_MAX)

    def pub(self, name: str, *arguments: str, data: bytes = b"") -> None:
        done = self.run(name, 0, *arguments, data=data)
        if done.returncode != 0 or done.stderr:
            raise Failure(f"{name} pub {arguments}: status {done.returncode}, {done.stderr}")

    def same(self, which: int, *arguments: str, data: bytes = b"", hide: str = "", any_order: bool = False) -> bytes:
        """Runs both; their output and status are the same, what matches `hide` and, if so asked, the order of lines aside."""
        seen = []
        for name in self.tools:
            done = self.run(name, which, *arguments, data=data)
            output = re.sub(hide.encode(), b"*", done.stdout) if hide else done.stdout
            seen.append((done.returncode, b"".join(sorted(output.splitlines(keepends=True))) if any_order else output))
        if seen[0] != seen[1]:
            raise Failure(f"{arguments}: mosquitto {seen[0]}, mqttzoo {seen[1]}")
        return seen[0][1]


def piped(port: int, pair: Pair, version: str, level: str) -> None:
    """A file of lines through each pair, and through a mixed one."""
    lines = [f"line {n} " + "x" * (n % 50) for n in range(500)] + ["", "tab\tand ünïcode ✓", "  spaces  ", "last"]
    data = "\n".join(lines).encode()
    wanted = {"-v": "".join(f"TOPIC {line or '(null)'}\n" for line in lines), "--quiet": "".join(f"{line}\n" for line in lines if line)}
    for sender, receiver, how in (("mosquitto", "mosquitto", "-v"), ("mqttzoo", "mqttzoo", "-v"), ("mqttzoo", "mosquitto", "-v"),
                                  ("mosquitto", "mqttzoo", "-v"), ("mqttzoo", "mosquitto", "--quiet"), ("mosquitto", "mqttzoo", "--quiet")):
        name = topic("piped")
        client = name.replace("/", "")[:23]
        keep = ["-V", version, "-c", "-i", client, "-q", level, "-t", name]
        if pair.run(receiver, 1, *keep, "-E").returncode != 0:  # the session stands from now on
            raise Failure(f"{receiver} sub -E")
        pair.pub(sender, "-V", version, "-l", "-t", name, "-q", level, data=data)
        done = pair.run(receiver, 1, *keep, "-C", str(len(lines)), "-W", "10", how)
        output = done.stdout.replace(name.encode(), b"TOPIC")
        if (done.returncode, output) != (0, wanted[how].encode()):
            raise Failure(f"{sender}, {receiver} {how}: status {done.returncode}, {len(output)} bytes instead of {len(wanted[how].encode())}: {output[:300]}")


FORMATS = ("%p|%t|%q|%r|%l|%m", "%x|%X", "%C|%D|%E|%F|%P|%R|%S|%A", "%10t|%-10t|%010t|%.2t|%10.2t|%3l|%-3q|%05l|%-5l|",
           r"\ta\nb\\c\0d\e", "%%|@@|@Y|@d", "%5p|%-8p|%020p|%.2p|%2x|%.2x|%20x|%-20X|", "%5q|%-5r|%5m|%5C|%5D|%5R|%5P|%5F|%5E|", "%j", "%J",
           "%30I|%-30I|%.4I|%30.4I", "", "no field", "%y", "%", r"\q", "%5")


def formats(port: int, pair: Pair) -> None:
    base = topic("format")
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\x00\x01\xffabc")
        file.flush()
        pair.pub("mqttzoo", "-t", f"{base}/bytes", "-f", file.name, "-r", "-q", "1")
    pair.pub("mqttzoo", "-t", f"{base}/json", "-m", '{"a":[1,true,null,"x\\n"],"b":{},"t":27.0,"n":[0.1,1e3,1e-7,-5,3.0e10],"b":1}', "-r", "-q", "1")
    pair.pub("mqttzoo", "-t", f"{base}/text", "-m", 'q"u\\o\nte', "-r", "-q", "1")

    def publish_expiring() -> None:
        pair.pub("mqttzoo", "-t", f"{base}/empty-properties", "-s", "-r", "-q", "1", "-V", "mqttv5", "-D", "publish", "content-type", "c",
                 "-D", "publish", "response-topic", "r", "-D", "publish", "correlation-data", "d", "-D", "publish", "user-property", "k", "v",
                 "-D", "publish", "user-property", "k2", "v 2", "-D", "publish", "user-property", "k", "again", "-D", "publish",
                 "message-expiry-interval", "1000", "-D", "publish", "payload-format-indicator", "1", data=b"from\nstdin\n")

    for last in ("bytes", "json", "text", "empty-properties"):
        for form in FORMATS:
            if last == "bytes" and form == "%j":
                continue  # mosquitto ends the payload at a NUL
            if last == "empty-properties":
                publish_expiring()  # so that 9.. s of it are left, however long the others took
            for version in ("mqttv311", "mqttv5"):
                pair.same(1, "-V", version, "-t", f"{base}/{last}", "-q", "1", "-C", "1", "-W", "5", "-F", form,
                          hide=r'"tst":"[^"]*"|\b9\d\d\b|\b1000\b|20[-\dT:]{17}\+\d{4}')  # seconds left of 1000; the time
        pair.same(1, "-t", f"{base}/{last}", "-N", "-C", "1", "-W", "5")
    pair.same(1, "-t", f"{base}/json", "-F", "%j", "--pretty", "-C", "1", "-W", "5", hide=r'"tst":\s*"[^"]*"')
    pair.same(1, "-t", f"{base}/text", "-F", "%t", "--retained-only", "-W", "5")


def empty(port: int, pair: Pair) -> None:
    """An empty message is never retained, so it waits in a session."""
    for form in ([], ["-v"], ["-N"], ["-v", "-N"], ["-F", ""], ["-F", "%p"], ["-F", "%p", "-N"], ["-F", "[%5p]"], ["-F", "%j"], ["-F", "%J"]):
        name = topic("empty")
        keep = ["-c", "-i", name.replace("/", ""), "-q", "1", "-t", name]
        seen = []
        for tool in pair.tools:
            pair.run(tool, 1, *keep, "-E")
            pair.pub(tool, "-t", name, "-n", "-q", "1")
            done = pair.run(tool, 1, *keep, "-C", "1", "-W", "10", *form)
            seen.append((done.returncode, re.sub(rb'"tst":"[^"]*"|"mid":\d+', b"*", done.stdout), done.stderr))
        if seen[0] != seen[1]:
            raise Failure(f"{form}: mosquitto {seen[0]}, mqttzoo {seen[1]}")


def deep(port: int, pair: Pair) -> None:
    """Payloads of so many levels that printing them level by level would need more stack than there is."""
    name = topic("deep")
    for levels in (1000, 1001, 400_000):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"[" * levels + b"]" * levels)
            file.flush()
            pair.pub("mqttzoo", "-t", name, "-f", file.name, "-r", "-q", "1")
        pair.same(1, "-t", name, "-F", "%J", "-C", "1", "-W", "5", hide=r'"tst":"[^"]*"')


def overlapping(port: int, pair: Pair, version: str) -> None:
    """A message of two filters is printed once, and leaves the session as a whole."""
    lines = "".join(f"{n}\n" for n in range(50)).encode()
    for tool in pair.tools:
        name = topic("overlapping")
        keep = ["-V", version, "-c", "-i", name.replace("/", "")[:23], "-q", "1", "-t", f"{name}/#", "-t", f"{name}/b"]
        pair.run(tool, 1, *keep, "-E")
        pair.pub(tool, "-t", f"{name}/b", "-l", "-q", "1", data=lines)
        done = pair.run(tool, 1, *keep, "-C", "50", "-W", "10")
        if (done.returncode, done.stdout) != (0, lines):
            raise Failure(f"{tool}: status {done.returncode}, {done.stdout}")
    if rest := pair.run("mqttzoo", 1, *keep, "-W", "1").stdout:
        raise Failure(f"came again: {rest}")


def statuses(port: int, pair: Pair) -> None:
    wanted = []
    for which, arguments in (
            (0, ["-m", "x"]), (0, ["-t", "a"]), (0, ["-t", "a/#", "-m", "x"]), (0, ["-t", "a", "-m", "x", "-q", "3"]),
            (0, ["-t", "a", "-m", "x", "--nonsense"]), (0, ["-t", "a", "-m", "x", "-h", "127.0.0.1", "-p", "1"]),
            (0, ["-t", "a", "-f", "/nonexistent"]), (0, ["-t", "a", "-m", "x", "-l"]), (0, ["-t", "a", "-m", "x", "-V", "9"]),
            (0, ["-t", "a", "-m", "x", "-k", "1"]), (0, ["-t", "a", "-m", "x", "--will-payload", "y"]), (0, ["-t", "a", "-m", "x", "-P", "y"]),
            (0, ["-t", "a", "-m", "x", "-D", "publish", "nonsense", "1"]), (0, ["-t", "a", "-m", "x"]), (0, ["-t", "a", "-n", "-q", "2"]),
            (0, ["-t", "a", "-l"]), (1, []), (1, ["-t", "a#"]), (1, ["-t", "a", "-c"]), (1, ["-t", "a", "-E"]), (1, ["-t", "a", "-W", "5"]),
            (1, ["-t", "a", "-h", "127.0.0.1", "-p", "1"]), (1, ["-t", "a", "-F", "%y"]),
            (0, ["-t", "a", "-m", "x", "--will-retain"]), (0, ["-t", "a", "-m", "x", "--will-qos", "1"]),
            (0, ["-t", "a", "-m", "x", "--cert", "/f"]), (0, ["-t", "a", "-m", "x", "--key", "/f"]), (0, ["-t", "a", "-m", "x", "-c"]),
            (0, ["-t", "a", "-m", "x", "-c", "-V", "mqttv5"]), (0, ["-t", "a", "-m", "x", "-c", "-I", "p"]),
            (0, ["-t", "a", "-m", "x", "-x", "-1", "-V", "mqttv5"]), (0, ["-t", "a", "-m", "x", "-x", "9", "-V", "mqttv5"]),
            (0, ["-t", "a", "-f", "/"]), (0, ["-t", "a", "-m", "x", "-D", "CONNECT", "request-response-information", "1"]),
            (0, ["-t", "a", "-m", "x", "-D", "connect", "request-problem-information", "2"]), (1, ["-t", "a", "-i", "p", "-I", "p", "-E"]),
            (1, ["-t", "a", "-R", "--retained-only"])):
        wanted.append((which, arguments))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda one: [pair.run(name, one[0], *one[1]).returncode for name in pair.tools], wanted))
    for (_, arguments), (theirs, ours) in zip(wanted, seen):
        if theirs != ours:
            raise Failure(f"{arguments}: mosquitto {theirs}, mqttzoo {ours}")


def choices(port: int, pair: Pair) -> None:
    base = topic("choices")
    for n in range(3):
        pair.pub("mqttzoo", "-L", f"mqtt://127.0.0.1:{port}/{base}/{n}", "-m", f"{n}", "-r", "-q", "1", "--repeat", "2")
    want = pair.same(1, "-t", f"{base}/+", "-T", f"{base}/1", "-C", "2", "-W", "5", "-F", "%p",
                     any_order=True)  # of different topics
    if sorted(want.split()) != [b"0", b"2"]:
        raise Failure(f"filtered out: {want}")
    pair.same(1, "-t", f"{base}/+", "-R", "-W", "5")
    # Three, and the echo of each one's clearing: that may come before the next one.
    done = pair.run("mqttzoo", 1, "-t", f"{base}/+", "--remove-retained", "-C", "6", "-W", "10")
    if done.returncode != 0 or done.stderr:
        raise Failure(f"--remove-retained: status {done.returncode}, {done.stdout}, {done.stderr}")
    if left := pair.same(1, "-t", f"{base}/+", "-W", "5"):
        raise Failure(f"retained messages are still there: {left}")
    for tool in pair.tools:
        for n in range(3):
            pair.pub(tool, "-t", f"{base}/{n}", "-m", f"{n}", "-r", "-q", "1")
        deadline, left = time.monotonic() + SECONDS_MAX, None
        while left != b"1\n":  # a second may be over before the server has let a tool in
            if left is not None and time.monotonic() > deadline:
                raise Failure(f"{tool} sub --remove-retained -T leaves {left}")
            pair.run(tool, 1, "-t", f"{base}/+", "-T", f"{base}/1", "--remove-retained", "-W", "1")
            left = pair.run("mosquitto", 1, "-t", f"{base}/+", "-W", "1").stdout
    # Whatever is drawn, a message counts.
    if pair.run("mqttzoo", 1, "-t", f"{base}/1", "--random-filter", "0.1", "-C", "1", "-W", "5").returncode != 0:
        raise Failure("a message that was not drawn is not counted")
    keep = ["-V", "mqttv5", "-c", "-q", "1", "-t", f"{base}/kept", "--retain-as-published", "-i"]
    for tool in pair.tools:
        pair.run(tool, 1, *keep, f"kept-{tool}", "-E")
    pair.pub("mqttzoo", "-t", f"{base}/kept", "-m", "x", "-r", "-q", "1")
    for tool in pair.tools:  # what waited, and what is retained
        if (seen := pair.run(tool, 1, *keep, f"kept-{tool}", "-F", "%r", "-C", "2", "-W", "5").stdout) != b"1\n1\n":
            raise Failure(f"{tool} sub --retain-as-published: {seen}")


def will(port: int, pair: Pair) -> None:
    name = topic("will")
    watching = subprocess.Popen([*pair.tools["mqttzoo"][1], *pair.where, "-t", name, "-C", "1", "-W", "10", "-d"], stdout=subprocess.PIPE, text=True)
    dying = subprocess.Popen([*pair.tools["mqttzoo"][1], *pair.where, "-t", topic("nothing"), "--will-topic", name, "--will-payload", "gone", "-d"],
                             stdout=subprocess.PIPE, text=True)
    try:
        for process in (watching, dying):
            while "subscribed" not in (line := process.stdout.readline()):
                if not line:
                    raise Failure("did not subscribe")
        dying.kill()
        if "gone" not in watching.communicate(timeout=SECONDS_MAX)[0]:
            raise Failure("no will")
    finally:
        for process in (watching, dying):
            process.kill()
            process.wait()
            process.stdout.close()


def bench(port: int, pair: Pair) -> None:
    """Every pattern keeps its promises and says so; who cannot connect breaks one."""
    tool = pair.tools["mqttzoo"][0][0]
    for arguments, copies in (("conn --clients 50 --bind 127.0.0.1,127.0.0.2", 0), ("pub --clients 5 -q 1", 0), ("flow --clients 4 -q 1", 1),
                              ("flow --clients 4 -q 2 --pattern fan-out", 4), ("flow --clients 4 -q 0 --pattern fan-in", 1),
                              ("flow --clients 3 -q 1 --pattern wildcard --topics 10 -V mqttv311", 3),
                              ("flow --clients 4 -q 1 --pattern shared", 1), ("flow --clients 4 -q 2 --pattern offline", 1),
                              ("flow --clients 4 -q 1 --pattern offline -V mqttv311", 1),
                              ("flow --clients 4 -q 1 --pattern retained --topics 100", 4),
                              ("flow --clients 4 --size 24-1000:3,4096:1", 1)):
        done = subprocess.run([tool, "bench", *arguments.split(), "--rate", "200", "--seconds", "1", "-L", f"mqtt://127.0.0.1:{port}"],
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        seen = json.loads(done.stdout)
        if done.returncode != 0 or seen["missing"] or seen["received"] != copies * seen["sent"]:
            raise Failure(f"{arguments}: status {done.returncode}, {done.stdout}{done.stderr}")
        if seen["receive_us"]["count"] != seen["received"] or not seen["connections"] or seen["sent"] != seen["promised"]:
            raise Failure(f"{arguments}: {done.stdout}")
        if "conn" not in arguments and not 0 < seen["sent"] <= 200 * seen["seconds"] + 5:  # a machine in need sends fewer
            raise Failure(f"{arguments}: not 200 a second: {done.stdout}")
    for level in "012":
        done = subprocess.run([tool, "bench", "flow", "--clients", "5", "-q", level, "--rate", "0", "--seconds", "1", "-L", f"mqtt://127.0.0.1:{port}"],
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        seen = json.loads(done.stdout)
        if done.returncode != 0 or seen["missing"] or not seen["sent"]:
            raise Failure(f"closed loop, QoS {level}: status {done.returncode}, {done.stdout}{done.stderr}")
    done = subprocess.run([tool, "bench", "conn", "--clients", "2", "--seconds", "1", "-L", "mqtt://127.0.0.1:1"], capture_output=True,
                          text=True, timeout=SECONDS_MAX)
    if done.returncode != 1 or json.loads(done.stdout)["refused"] != 2:
        raise Failure(f"nobody listens: status {done.returncode}, {done.stdout}")


class Spoiler(Scripted):
    """A server that takes in whoever comes, acknowledges at once, and sends publishes on as `spoil` changes the list of them."""

    def answer(self, head: int, body: bytes) -> None:
        if head == 0x10:
            self.request.sendall(b"\x20\2\0\0")
        elif head == 0x82:
            self.server.subscriber = self.request
            self.request.sendall(b"\x90\3" + body[:2] + b"\1")
        elif head == 0x32:
            end = 2 + int.from_bytes(body[:2], "big")
            self.request.sendall(b"\x40\2" + body[end:end + 2])
            packet = b"\x32" + bytes([len(body)]) + body
            self.server.held.append(packet)
            if len(self.server.held) == 8:
                self.server.subscriber.sendall(b"".join(self.server.spoil(self.server.held)))
            elif len(self.server.held) > 8:
                self.server.subscriber.sendall(packet)


def bench_sees(_port: int, pair: Pair) -> None:
    """A message that is lost, one that comes twice, two that change places."""
    tool = pair.tools["mqttzoo"][0][0]
    wrong = {"missing": lambda m: m[:3] + m[4:], "duplicates": lambda m: m[:3] + m[2:], "out_of_order": lambda m: [m[1], m[0], *m[2:]]}
    for what, spoil in wrong.items():
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Spoiler) as server:
            server.daemon_threads, server.held, server.spoil = True, [], spoil
            threading.Thread(target=server.serve_forever, daemon=True).start()
            done = subprocess.run([tool, "bench", "flow", "--clients", "1", "-q", "1", "--rate", "10", "--seconds", "1", "--drain", "3", "-V", "mqttv311",
                                   "-L", f"mqtt://127.0.0.1:{server.server_address[1]}"], capture_output=True, text=True, timeout=SECONDS_MAX)
            server.shutdown()
        seen = json.loads(done.stdout)
        if any(seen[each] != (1 if each == what else 0) for each in wrong):
            raise Failure(f"{what}: {done.stdout}")
        if done.returncode != (0 if what == "duplicates" else 1):
            raise Failure(f"{what}: status {done.returncode}")


def run(suite: Suite, binary: str) -> None:
    if not os.path.exists(binary):
        suite.report("mqttzoo", f"{binary} does not exist")
        return
    pair = Pair(binary, suite.port)
    for version in VERSIONS:
        for level in ("1", "2"):
            suite.case(f"mqttzoo {version}: lines through a pipe at QoS {level}", piped, pair, version, level)
    suite.case("mqttzoo: formats", formats, pair)
    suite.case("mqttzoo: empty messages", empty, pair)
    suite.case("mqttzoo: many levels of JSON", deep, pair)
    for version in VERSIONS:
        suite.case(f"mqttzoo {version}: overlapping filters", overlapping, pair, version)
    suite.case("mqttzoo: statuses", statuses, pair)
    suite.case("mqttzoo: choices", choices, pair)
    suite.case("mqttzoo: will", will, pair)
    mqttzoo_ends.run(suite, pair)
    mqttzoo_ways.run(suite, pair)
    suite.case("mqttzoo: bench", bench, pair)
    suite.case("mqttzoo: bench sees what a server does wrong", bench_sees, pair)
