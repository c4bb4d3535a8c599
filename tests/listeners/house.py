"""A broker with listeners of each kind, and clients that come in by them."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
from typing import Iterator, Optional

from certificates import Authority, Files
from harness import wire
from harness.broker import Broker, free_port
from harness.client import Client, require

SECONDS_MAX = 15


class Secure(Client):
    """A client whose socket is TLS; `address` is that of the TLS listener. `first` goes ahead of the handshake."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, server: Optional[str] = "localhost", first: bytes = b"", **more):
        super().__init__(address, **more)
        self.send(first)
        self.socket = context.wrap_socket(self.socket, server_hostname=server)

    def leave(self, code: Optional[int] = None, props: wire.Props = None) -> None:
        """Without an end of stream of its own, after which Python would read on without TLS."""
        self.send(wire.disconnect(self.version, code, props))
        while self.read() is not None:
            pass
        self.close()


class House:
    """A broker with a TLS listener, and the authority it has its certificate from."""

    def __init__(self, binary: str, *options: str, files: Optional[Files] = None):
        self.authority = Authority()
        self.files = files or self.authority.issue("server")
        self.secure, self.web, self.secure_web = (("127.0.0.1", free_port()) for _ in range(3))
        self.broker = Broker(binary, (f"--net.tls.port={self.secure[1]}", f"--net.websocket.port={self.web[1]}",
                                      f"--net.websocket.tls.port={self.secure_web[1]}", f"--net.tls.certificate={self.files.certificate}",
                                      f"--net.tls.key={self.files.key}", *options))

    def client(self, context: Optional[ssl.SSLContext] = None, **more) -> Secure:
        return Secure(self.secure, context or self.authority.client_context(), **more)

    def tool(self, name: str, *arguments: str) -> str:
        done = subprocess.run([name, "-h", "localhost", "-p", str(self.secure[1]), "--cafile", self.authority.certificate, *arguments],
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        require(done.returncode == 0, f"{name} ended with status {done.returncode}: {done.stderr}")
        return done.stdout


@contextlib.contextmanager
def house(binary: str, *options: str, mutual: bool = False) -> Iterator[House]:
    h = House(binary, *options)
    if mutual:
        h.broker.options += (f"--net.tls.ca={h.authority.certificate}",)
    try:
        h.broker.start()
        yield h
    finally:
        h.broker.close()
        h.authority.close()


def refused(h: House, context: ssl.SSLContext) -> None:
    """With TLS 1.3 a client believes in its handshake until it reads."""
    try:
        client = h.client(context)
        client.send(wire.connect(version=wire.V5, client_id="x"))
        packet = client.read()
    except (ssl.SSLError, ConnectionError):
        return
    require(packet is None, f"{packet} for a client that should be refused")
