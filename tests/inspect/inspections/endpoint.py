"""A pod with an endpoint for operators, and how it is asked."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from typing import Any, Callable, Optional
from urllib.parse import quote

from clustering.ports import free_port
from harness.broker import Broker
from harness.client import Failure, require

from . import schema

SECONDS_MAX = 20.0


def eventually(what: str, check: Callable[[], Any], seconds: float = SECONDS_MAX) -> Any:
    """Asks until the answer is true, and gives it back."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := check():
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)


class Endpoint:
    def __init__(self, port: int, program: str = "", token: str = ""):
        """`program` is mqttzoo's."""
        self.port, self.program, self.token = port, program, token
        self.document: Optional[dict] = None

    def raw(self, method: str, target: str, headers: Optional[dict] = None, body: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            connection.request(method, target, body or None, {**sent, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ask(self, target: str, method: str = "GET", status: int = 200, **headers: str) -> Any:
        """The JSON of an answer that has this status and is as the endpoint's own description says."""
        got, text = self.raw(method, target, {k.replace("_", "-"): v for k, v in headers.items()})
        require(got == status, f"{method} {target} has status {got}, not {status}: {text:.300}")
        answer = json.loads(text)
        self.check(target, method, status, answer)
        return answer

    def send(self, target: str, body: Any, status: int = 200) -> Any:
        """The same of JSON that is posted."""
        got, text = self.raw("POST", target, {"Content-Type": "application/json"}, body if isinstance(body, str) else json.dumps(body))
        require(got == status, f"POST {target} has status {got}, not {status}: {text:.300}")
        answer = json.loads(text)
        self.check(target, "POST", status, answer)
        return answer

    def check(self, target: str, method: str, status: int, answer: Any) -> None:
        if self.document is None:
            self.document = json.loads(self.raw("GET", "/api/v1/openapi.json")[1])
        path = target.split("?")[0]
        for pattern, operations in self.document["paths"].items():
            levels, wanted = path.split("/"), pattern.split("/")
            if len(levels) == len(wanted) and all(w == x or w.startswith("{") for w, x in zip(wanted, levels)):
                break
        else:
            raise Failure(f"{path} is not described")
        described = operations[method.lower()]["responses"].get(str(status))
        require(described is not None, f"{method} {pattern} is not described to have status {status}")
        wrong = schema.problems(answer, described["content"]["application/json"]["schema"], self.document)
        require(not wrong, f"{method} {target}: " + "; ".join(wrong[:5]))

    def client(self, client: str) -> Any:
        return self.ask(f"/api/v1/clients/{quote(client, safe='')}")

    def run(self, *arguments: str, status: int = 0) -> str:
        """What `mqttzoo inspect` prints."""
        done = subprocess.run([self.program, "inspect", "--url", f"http://127.0.0.1:{self.port}", *arguments], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        require(done.returncode == status,
                f"mqttzoo inspect {' '.join(arguments)}: status {done.returncode}, not {status}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr


class Pod:
    """A pod that is alone; `with` starts and stops it."""

    def __init__(self, binary: str, *options: str, token: str = ""):
        port = free_port()
        self.broker = Broker(binary, (f"--admin.port={port}", *options))
        self.endpoint = Endpoint(port, os.path.join(os.path.dirname(binary), "mqttzoo"), token)

    def __enter__(self) -> "Pod":
        self.broker.start()
        return self

    def __exit__(self, *_) -> None:
        try:
            self.broker.stop()
        finally:
            self.broker.close()
