"""How `mqttzoo pub` and `mqttzoo sub` end, beside mosquitto's tools: signals, `-W`, servers that refuse or leave. The cases
play the server."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import socketserver
import subprocess
import threading
import time
from typing import Callable, Iterator

from .suite import Failure

SECONDS_MAX = 20
CONNECT, SUBSCRIBE, DISCONNECT = 0x10, 0x82, 0xE0


class Scripted(socketserver.BaseRequestHandler):
    """A connection from a client; answer() gets each of its packets, by the first byte and what follows the length."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            for head, body in self.packets():
                self.answer(head, body)

    def answer(self, head: int, body: bytes) -> None:
        raise NotImplementedError

    def packets(self):
        kept = b""
        while piece := self.request.recv(65536):
            kept += piece
            while len(kept) >= 2:
                length, size = 0, 1
                for shift in range(4):
                    if size >= len(kept):
                        break
                    length |= (kept[size] & 127) << 7 * shift
                    size += 1
                    if kept[size - 1] < 128:
                        break
                if len(kept) < size + length:
                    break
                yield kept[0], kept[size:size + length]
                kept = kept[size + length:]


class Played(Scripted):
    def handle(self) -> None:
        super().handle()
        self.server.ended.set()

    def answer(self, head: int, body: bytes) -> None:
        self.server.heard.append((head, body))
        self.server.play(self.server, self.request, head, body)


Play = Callable[[socketserver.BaseServer, socket.socket, int, bytes], None]


@contextlib.contextmanager
def played(play: Play) -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Played) as server:
        server.daemon_threads = True
        server.heard, server.play = [], play
        server.there, server.ended = threading.Event(), threading.Event()  # the client is where it is wanted; it has gone
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def connack(five: bool, code: int = 0) -> bytes:
    return b"\x20\3\0%c\0" % code if five else b"\x20\2\0%c" % code


def silent(server, _client: socket.socket, _head: int, _body: bytes) -> None:
    server.there.set()


def friendly(five: bool, then: bytes = b"", close: bool = False) -> Play:
    """Grants what is asked for; after a SUBACK it sends `then`, and may close."""

    def play(server, client: socket.socket, head: int, body: bytes) -> None:
        if head == CONNECT:
            client.sendall(connack(five))
        elif head == SUBSCRIBE:
            client.sendall((b"\x90\4" + body[:2] + b"\0\0" if five else b"\x90\3" + body[:2] + b"\0") + then)
            server.there.set()
            if close:
                client.shutdown(socket.SHUT_RDWR)

    return play


def refusing(five: bool, code: int) -> Play:
    def play(_server, client: socket.socket, head: int, _body: bytes) -> None:
        if head == CONNECT:
            client.sendall(connack(five, code))

    return play


def refusing_later(five: bool, code: int) -> Play:
    """Lets a client in once."""

    def play(server, client: socket.socket, head: int, body: bytes) -> None:
        first = [h for h, _ in server.heard].count(CONNECT) == 1
        (friendly(five, close=True) if first else refusing(five, code))(server, client, head, body)

    return play


def deserting(five: bool) -> Play:
    def play(server, client: socket.socket, head: int, body: bytes) -> None:
        friendly(five)(server, client, head, body)
        if head & 0xF0 == 0x30:
            client.shutdown(socket.SHUT_RDWR)

    return play


def wait_until_caught(process: subprocess.Popen, which: signal.Signals) -> None:
    """Until the process has a handler for the signal."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            caught = next(int(line.split()[1], 16) for line in file if line.startswith("SigCgt:"))
        if caught >> (which - 1) & 1:
            return
        time.sleep(0.01)
    raise Failure(f"{which} is not caught")


def wait_until_asleep(process: subprocess.Popen) -> None:
    """Until it has taken in what was sent to it, and waits for more."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "S":
                return
        time.sleep(0.01)
    raise Failure("it never waits")


def end_of(tool: list[str], arguments: list[str], play: Play, by: signal.Signals | None = None) -> tuple[int, list[bytes], bytes]:
    """The status, what DISCONNECTs said, and the standard error of a tool that is run against a server of this kind."""
    with played(play) as server:
        topic = [] if "-t" in arguments else ["-t", "a"]
        process = subprocess.Popen([*tool, "-h", "127.0.0.1", "-p", str(server.server_address[1]), *topic, *arguments],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            if by is not None:
                if not server.there.wait(SECONDS_MAX):
                    raise Failure(f"{tool} {arguments} does not come")
                wait_until_caught(process, by)
                wait_until_asleep(process)
                process.send_signal(by)
            complaint = process.communicate(timeout=SECONDS_MAX)[1]
        finally:
            process.kill()
            process.wait()
        server.ended.wait(SECONDS_MAX)
        return process.returncode, [body for head, body in server.heard if head == DISCONNECT], complaint


def same_end(pair, which: int, arguments: list[str], play: Play, status: int, by: signal.Signals | None = None) -> None:
    ends = [end_of(tools[which], arguments, play, by)[:2] for tools in pair.tools.values()]
    if ends[0] != ends[1] or ends[1][0] != status:
        raise Failure(f"{arguments}, {by}: mosquitto {ends[0]}, mqttzoo {ends[1]}, wanted status {status}")


def in_time(_port: int, pair) -> None:
    """Ended by the user or the clock, before and after the server let them in: with 5.0 the will is to be published."""
    for by in (signal.SIGINT, signal.SIGTERM):
        same_end(pair, 1, [], silent, 255, by)
        for five in (False, True):
            same_end(pair, 1, ["-V", "mqttv5" if five else "mqttv311"], friendly(five), 0, by)
    same_end(pair, 1, ["-W", "1"], silent, 255)
    for five in (False, True):
        same_end(pair, 1, ["-V", "mqttv5" if five else "mqttv311", "-W", "3"], friendly(five), 27)
        same_end(pair, 1, ["-V", "mqttv5" if five else "mqttv311", "-E"], friendly(five), 0)


def refused(_port: int, pair) -> None:
    for five, code in ((False, 3), (False, 4), (False, 5), (True, 0x87), (True, 0x88)):
        version = ["-V", "mqttv5" if five else "mqttv311"]
        same_end(pair, 0, [*version, "-m", "x"], refusing(five, code), code)
        same_end(pair, 1, version, refusing(five, code), code)
    for five, code in ((False, 5), (True, 0x87)):
        same_end(pair, 1, ["-V", "mqttv5" if five else "mqttv311"], refusing_later(five, code), code)


def deserted(_port: int, pair) -> None:
    """What is still to be published does not wait for a server that is given up."""
    for five in (False, True):
        for more in ([], ["--repeat", "3", "--repeat-delay", "0.2"]):
            same_end(pair, 0, ["-V", "mqttv5" if five else "mqttv311", "-q", "1", "-m", "x", *more], deserting(five), 7)


def taken_over(_port: int, pair) -> None:
    """mosquitto_sub ends without a word and with status 0."""
    status, _, complaint = end_of(pair.tools["mqttzoo"][1], ["-V", "mqttv5"], friendly(True, then=b"\xe0\x01\x8e"))
    if status != 0x8E or b"taken over" not in complaint:
        raise Failure(f"status {status}, {complaint!r}")


def retained(number: int) -> bytes:
    name = f"{number}{'x' * 80}".encode()
    return b"\x31" + bytes([len(name) + 3]) + len(name).to_bytes(2, "big") + name + b"y"


def clears(_port: int, pair) -> None:
    """What is retained is cleared before the tool ends, more than leaves at once; not so there, where the last clear alone counts."""
    cleared: list[bytes] = []

    def at_once(server, client: socket.socket, head: int, body: bytes) -> None:
        friendly(False, b"".join(map(retained, range(2000))) + b"\x30\4\0\1ax")(server, client, head, body)
        if head & 0xF0 == 0x30:
            end = 2 + int.from_bytes(body[:2], "big")
            cleared.append(body[2:end])
            client.sendall(b"\x40\2" + body[end:end + 2])

    def bit_by_bit(server, client: socket.socket, head: int, body: bytes) -> None:
        """Tells of each that is cleared, as one that is subscribed to it hears; half of them come behind the first of these."""
        friendly(False, b"".join(map(retained, range(5))))(server, client, head, body)
        if head & 0xF0 == 0x30:
            end = 2 + int.from_bytes(body[:2], "big")
            cleared.append(body[2:end])
            rest = b"".join(map(retained, range(5, 10))) if len(cleared) == 1 else b""
            client.sendall(b"\x40\2" + body[end:end + 2] + b"\x30" + bytes([end]) + body[:end] + rest)

    for play, count in ((at_once, 2000), (bit_by_bit, 10)):
        cleared.clear()
        end = end_of(pair.tools["mqttzoo"][1], ["-t", "#", "--remove-retained", "--retained-only"], play)
        if end != (0, [b""], b"") or len(set(cleared)) != count:
            raise Failure(f"{end}, {len(set(cleared))} of {count} are cleared")


def first_bytes(tool: list[str], arguments: list[str]) -> bytes:
    """What it says first to a server whose port stands in place of PORT."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS_MAX)
        port = str(server.getsockname()[1])
        process = subprocess.Popen([*tool, *(a.replace("PORT", port) for a in arguments), "-m", "x"], stderr=subprocess.DEVNULL)
        try:
            client, _ = server.accept()
            with client:
                client.settimeout(SECONDS_MAX)
                return client.recv(4096)
        finally:
            process.kill()
            process.wait()


def secret(_port: int, pair) -> None:
    """What makes a connection one of TLS, and what does not."""
    plain = ["-h", "127.0.0.1", "-p", "PORT", "-t", "a"]
    url, authorities = ["-L", "mqtt://u:p@127.0.0.1:PORT/a"], ["--cafile", "/etc/ssl/certs/ca-certificates.crt"]
    for arguments, wanted in (([*plain, "--tls-use-os-certs"], 0x16), ([*authorities, *url], 0x16), ([*url, *authorities], 0x16),
                              (["-L", "mqtts://127.0.0.1:PORT/a"], 0x16), (url, CONNECT), ([*plain, "--insecure"], CONNECT)):
        seen = [first_bytes(tools[0], arguments)[0] for tools in pair.tools.values()]
        if seen != [wanted, wanted]:
            raise Failure(f"{arguments}: begin with {seen}, not {wanted}")


def properties(_port: int, pair) -> None:
    """A property makes a client one of 5.0, and a later -V another one."""
    plain = ["-h", "127.0.0.1", "-p", "PORT", "-t", "a"]
    named = ["-D", "PUBLISH", "Content-Type", "text/plain"]
    for arguments, wanted in ((named, 5), (["-V", "mqttv311", *named], 5), ([*named, "-V", "mqttv311"], 4)):
        seen = [first_bytes(tools[0], [*plain, *arguments])[8] for tools in pair.tools.values()]
        if seen != [wanted, wanted]:
            raise Failure(f"{arguments}: versions {seen}, not {wanted}")


def no_file(_port: int, pair) -> None:
    """A directory is no message."""
    directory = os.open("/", os.O_RDONLY)
    try:
        for arguments in (["-f", "/"], ["-s"]):
            done = subprocess.run([*pair.tools["mqttzoo"][0], *pair.where, "-t", "a", *arguments], stdin=directory, capture_output=True,
                                  timeout=SECONDS_MAX)
            if done.returncode != 1 or b"Unable to read" not in done.stderr:
                raise Failure(f"{arguments}: status {done.returncode}, {done.stderr!r}")
    finally:
        os.close(directory)


def run(suite, pair) -> None:
    suite.case("mqttzoo: ended in time", in_time, pair)
    suite.case("mqttzoo: a server that refuses", refused, pair)
    suite.case("mqttzoo: a server that leaves", deserted, pair)
    suite.case("mqttzoo: a session that is taken over", taken_over, pair)
    suite.case("mqttzoo: everything is cleared", clears, pair)
    suite.case("mqttzoo: what is secret", secret, pair)
    suite.case("mqttzoo: a property is of 5.0", properties, pair)
    suite.case("mqttzoo: a directory", no_file, pair)
