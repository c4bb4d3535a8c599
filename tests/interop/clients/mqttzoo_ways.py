"""The ways of `mqttzoo pub` and `mqttzoo sub` to a server, beside mosquitto's tools: a socket of the machine, a key in
common, a SOCKS5 proxy; and properties that only the server sees. Against mosquitto, which has a listener for each."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import struct
import subprocess
import tempfile
import threading
import time
from typing import Iterator

from harness.broker import free_port

from .suite import Failure, topic

MOSQUITTO = "/usr/sbin/mosquitto"
START_SECONDS_MAX = 10
KEY = "0123456789abcdef"


class Socks(socketserver.BaseRequestHandler):
    """A SOCKS5 proxy for one connection that wants a name and a password, and looks names up itself."""

    def take(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            piece = self.request.recv(size - len(got))
            if not piece:
                raise ConnectionError("the client went")
            got += piece
        return got

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.serve()

    def serve(self) -> None:
        self.take(self.take(2)[1])
        self.request.sendall(b"\5\2")
        user = self.take(self.take(2)[1])
        password = self.take(self.take(1)[0])
        right = (user, password) == (b"user", b"secret")
        self.request.sendall(b"\1\0" if right else b"\1\1")
        if not right:
            return
        kind = self.take(4)[3]
        if kind != 3:
            raise ConnectionError(f"address type {kind}: the name is for the proxy to look up")
        name = self.take(self.take(1)[0]).decode()
        port = struct.unpack(">H", self.take(2))[0]
        self.server.asked.append((name, port))
        with socket.create_connection((name, port)) as there:
            self.request.sendall(b"\5\0\0\1\0\0\0\0\0\0")
            back = threading.Thread(target=self.pump, args=(there, self.request))
            back.start()
            self.pump(self.request, there)
            back.join()

    @staticmethod
    def pump(source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                to.sendall(piece)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxy() -> Iterator[socketserver.ThreadingTCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Socks)
    server.daemon_threads = True
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def mosquitto(lines: list[str], ready: tuple) -> Iterator[str]:
    """With this configuration, until it listens at `ready`; gives its log's path."""
    with tempfile.TemporaryDirectory(prefix="mosquitto-") as place:
        config, log = os.path.join(place, "conf"), os.path.join(place, "log")
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(["persistence false", "log_type all", *lines]) + "\n")
        os.chmod(place, 0o755)
        with open(log, "wb") as output:
            process = subprocess.Popen([MOSQUITTO, "-c", config], stdout=output, stderr=output)
        try:
            for deadline in [time.monotonic() + START_SECONDS_MAX]:
                while socket.socket(ready[0]).connect_ex(ready[1]) != 0:
                    if time.monotonic() > deadline or process.poll() is not None:
                        raise Failure("mosquitto does not listen")
                    time.sleep(0.02)
            yield log
        finally:
            process.terminate()
            process.wait()


def through(pair, way: list[str], wrong: list[str]) -> None:
    """A retained message through each pair of tools; both fail the `wrong` way."""
    for sender in pair.tools:
        for receiver in pair.tools:
            name = topic("way")
            done = subprocess.run([*pair.tools[sender][0], *way, "-t", name, "-m", "hello", "-q", "1", "-r"], capture_output=True, timeout=10)
            if done.returncode != 0:
                raise Failure(f"{sender} pub {way}: status {done.returncode}, {done.stderr}")
            done = subprocess.run([*pair.tools[receiver][1], *way, "-t", name, "-C", "1", "-W", "5"], capture_output=True, timeout=10)
            if (done.returncode, done.stdout) != (0, b"hello\n"):
                raise Failure(f"{receiver} sub {way}: status {done.returncode}, {done.stdout}{done.stderr}")
    for name in pair.tools:
        if subprocess.run([*pair.tools[name][0], *wrong, "-t", "t", "-m", "x"], capture_output=True, timeout=10).returncode == 0:
            raise Failure(f"{name} pub {wrong} has status 0")


def unix(_port: int, pair) -> None:
    with tempfile.TemporaryDirectory(prefix="unix-") as place:
        os.chmod(place, 0o777)
        path = os.path.join(place, "socket")
        with mosquitto([f"listener 0 {path}", "allow_anonymous true"], (socket.AF_UNIX, path)):
            through(pair, ["--unix", path], ["--unix", path + "x"])


def psk(_port: int, pair) -> None:
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".psk") as keys:
        keys.write(f"ours:{KEY}\n")
        keys.flush()
        os.chmod(keys.name, 0o644)
        lines = [f"listener {port} 127.0.0.1", "psk_hint hint", f"psk_file {keys.name}", "allow_anonymous true"]
        with mosquitto(lines, (socket.AF_INET, ("127.0.0.1", port))):
            way = ["-h", "127.0.0.1", "-p", str(port), "--psk-identity", "ours"]
            through(pair, [*way, "--psk", KEY], [*way, "--psk", KEY[::-1]])


def socks(port: int, pair) -> None:
    """Against the broker under test: the proxy makes the connection."""
    with proxy() as server:
        where = f"@127.0.0.1:{server.server_address[1]}"
        way = ["-h", "localhost", "-p", str(port), "--proxy"]
        through(pair, [*way, f"socks5h://user:secret{where}"], [*way, f"socks5h://user:wrong{where}"])
        if set(server.asked) != {("localhost", port)}:
            raise Failure(f"the proxy was asked for {server.asked}")


def last_words(_port: int, pair) -> None:
    """What -D says of UNSUBSCRIBE and DISCONNECT is on the wire; mosquitto's log does not tell, so a listener of ours reads it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = ["-h", "127.0.0.1", "-p", str(server.getsockname()[1]), "-V", "mqttv5"]
        words = ["-D", "disconnect", "user-property", "bye", "now", "-D", "disconnect", "reason-string", "enough", "-D", "unsubscribe",
                 "user-property", "not", "this", "-x", "100", "-D", "disconnect", "session-expiry-interval", "7"]
        process = subprocess.Popen([*pair.tools["mqttzoo"][1], *where, "-c", "-i", "last-words", "-t", "t", "-U", "u", "-E", *words])
        try:
            client, _ = server.accept()
            with client:
                client.settimeout(10)
                client.recv(4096)
                client.sendall(b"\x20\x03\1\0\0")  # a session that is there
                heard = b""
                answered = False
                while piece := client.recv(4096):
                    heard += piece
                    at = heard.find(b"\x82\x09")  # SUBSCRIBE
                    if at >= 0 and not answered:
                        answered = True
                        client.sendall(b"\x90\x04" + heard[at + 2:at + 4] + b"\0\0")
            for wanted in (b"\x26\0\3bye\0\3now", b"\x1f\0\6enough", b"\x11\0\0\0\7", b"\x26\0\3not\0\4this"):
                if wanted not in heard:
                    raise Failure(f"{wanted} is not in {heard}")
        finally:
            process.kill()
            process.wait()


def run(suite, pair) -> None:
    suite.case("mqttzoo: over a socket of the machine", unix, pair)
    suite.case("mqttzoo: with a key in common", psk, pair)
    suite.case("mqttzoo: through a SOCKS5 proxy", socks, pair)
    suite.case("mqttzoo: properties of the last packets", last_words, pair)
