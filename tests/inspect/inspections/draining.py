"""`mqttzoo inspect drain --wait` says that a pod has ended when it has, and only then."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import threading
import time
from typing import Iterator

from harness.client import require

from .endpoint import Endpoint, Pod

ENDED = '{"done":true}'


class Pretender(http.server.BaseHTTPRequestHandler):
    """An endpoint whose pod drains at once; what it says of itself then is up to the case, one answer a question, the last one again and again."""

    answers: list[tuple[int, dict]] = []  # status and JSON, after the drain
    drains = False

    def do_GET(self) -> None:
        kind = type(self)
        if not kind.drains:
            return self._answer(200, {"started_unix_ms": 1})
        return self._answer(*(kind.answers.pop(0) if len(kind.answers) > 1 else kind.answers[0]))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).drains = True
        self._answer(200, {"done": True})

    def _answer(self, status: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_) -> None:
        pass


@contextlib.contextmanager
def pretended(binary: str, *answers: tuple[int, dict]) -> Iterator[tuple[Endpoint, http.server.HTTPServer]]:
    kind = type("Answering", (Pretender,), {"answers": list(answers), "drains": False})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Endpoint(server.server_port, os.path.join(os.path.dirname(binary), "mqttzoo")), server
    finally:
        server.shutdown()
        server.server_close()


def failures_are_no_end(binary: str) -> None:
    """Who is not answered as it should be does not know, says so after --timeout, and has status 1."""
    for status, what in ((401, "no right to ask"), (504, "a unit did not answer"), (404, "nothing there")):
        error = {"error": {"message": what}}
        with pretended(binary, (200, {"started_unix_ms": 1}), (status, error)) as (e, _):
            said = e.run("drain", "--wait", "--timeout", "1", status=1)
            require(ENDED not in said and what in said and "not known" in said, f"of {status}: {said}")


def a_failure_between_is_waited_out(binary: str) -> None:
    """An answer that fails ends nothing, and neither does another process that has the pod's place go unseen."""
    busy = (504, {"error": {"message": "a unit did not answer"}})
    with pretended(binary, busy, (200, {"started_unix_ms": 1}), busy, (200, {"started_unix_ms": 2})) as (e, _):
        require(ENDED in e.run("drain", "--wait", "--timeout", "20"), "another start is another process")


def nobody_listens_any_more(binary: str) -> None:
    with pretended(binary, (200, {"started_unix_ms": 1})) as (e, server):

        def leave() -> None:
            time.sleep(1)
            server.shutdown()
            server.server_close()

        leaving = threading.Thread(target=leave)
        leaving.start()
        try:
            require(ENDED in e.run("drain", "--wait"), "a place where nobody listens is that of a pod that has ended")
        finally:
            leaving.join()


def a_pod_ends(binary: str) -> None:
    with Pod(binary, "--admin.actions.allowed=true") as pod:
        require(ENDED in pod.endpoint.run("drain", "--wait"), "it has ended")
        require(pod.broker.process.wait(20) == 0, "its status")


def a_whole_cluster_only_when_meant(binary: str) -> None:
    with Pod(binary, "--admin.actions.allowed=true") as pod:
        e = pod.endpoint
        said = e.run("--cluster", "drain", status=1)
        require("--all" in said and "every pod" in said, f"what it takes is told: {said}")
        require(e.ask("/api/v1/pod")["drain"]["state"] != "draining", "nothing drains")
        e.run("--cluster", "--all", "drain")
        require(pod.broker.process.wait(20) == 0, "it drains when that is meant")


CASES = (failures_are_no_end, a_failure_between_is_waited_out, nobody_listens_any_more, a_pod_ends, a_whole_cluster_only_when_meant)
