"""What a case works with: a directory of files, brokers that use them, clients, and a look at everything a broker shows."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request

from harness import wire
from harness.broker import Broker, free_port
from harness.client import Client

SECONDS_MAX = 20


class Zoo:
    def __init__(self, binary: str):
        self.binary = binary
        self.directory = tempfile.mkdtemp(prefix="accounts-")
        self.brokers: list[Broker] = []
        self.clients: list[Client] = []
        self.finally_do: list = []
        self.admin_port = 0

    def __enter__(self) -> "Zoo":
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()
        for broker in self.brokers:
            broker.close()
        for f in self.finally_do:
            f()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---------------------------------------------------------------- files

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def write(self, name: str, text: str) -> str:
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def passwords(self, **users: str) -> str:
        """A file of these users, made by mosquitto_passwd."""
        path = self.write("passwords.new", "")
        for user, password in users.items():
            subprocess.run(["mosquitto_passwd", "-b", path, user, password], check=True, capture_output=True, timeout=SECONDS_MAX)
        os.replace(path, self.path("passwords"))
        return self.path("passwords")

    # ---------------------------------------------------------------- brokers

    def broker(self, *options: str) -> Broker:
        self.admin_port = free_port()
        broker = Broker(self.binary, (f"--admin.port={self.admin_port}", *options))
        self.brokers.append(broker)
        return broker.start()

    def reload(self, broker: Broker, word: str = "accounts and access rules were read anew") -> None:
        """SIGHUP, and waits for what it says in the log."""
        before = self.log(broker).count(word)
        broker.process.send_signal(signal.SIGHUP)
        broker.await_log(word, before + 1)

    @staticmethod
    def log(broker: Broker) -> str:
        return broker.log(100_000)

    def metric(self, name: str, labels: str = "") -> float:
        """The sum over its units, or of one outcome."""
        page = self.get("/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines()
                   if line.startswith(name + "{") and labels in line or line.startswith(name + " "))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=SECONDS_MAX) as answer:
            return answer.read().decode()

    # ---------------------------------------------------------------- clients

    def open(self, broker: Broker, client_id: str = "c", version: int = wire.V5) -> Client:
        client = Client(broker.address, version, client_id)
        self.clients.append(client)
        return client

    def client(self, broker: Broker, user: str | None, password: str | bytes | None, client_id: str = "c",
               version: int = wire.V5, **connect: object) -> Client:
        client = self.open(broker, client_id, version)
        client.connect(username=user, password=password, **connect)
        return client

    def refused(self, broker: Broker, user: str | None, password: str | bytes | None, code: int, version: int = wire.V5,
                client_id: str = "c") -> None:
        client = self.open(broker, client_id, version)
        client.send(wire.connect(client_id, version, username=user, password=password))
        client.expect_connect_refused(code)
