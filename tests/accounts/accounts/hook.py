"""The hook: a service in this process that is asked, is slow, is wrong, and is gone."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import time

from clients.suite import Failure
from harness import wire

from .tokens import openssl
from .zoo import Zoo


# For a service that answers: it shares its machine with all else.
PATIENT = ("--auth.hook.timeout=20s", "--net.connect.timeout=20s")


class Service:
    """Answers what `answer` returns: an object, a status, or nothing while it sleeps."""

    def __init__(self, zoo: Zoo, certificate: str = ""):
        self.asked: list[dict] = []
        self.headers: list[dict] = []
        self.answer = lambda asked: {"result": "allow"}
        self.held = threading.Event()  # set: answers go out
        self.held.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(asked)
                outer.headers.append(dict(self.headers))
                outer.held.wait(20)
                said = outer.answer(asked)
                body = said if isinstance(said, bytes) else json.dumps(said).encode() if not isinstance(said, int) else b""
                self.send_response(said if isinstance(said, int) else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who was asked gave up
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_address[1]}/auth?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        zoo.finally_do.append(self.stop)

    def stop(self) -> None:
        self.held.set()
        self.server.shutdown()
        self.server.server_close()


def the_hook_decides(zoo: Zoo) -> None:
    service = Service(zoo)
    service.answer = lambda asked: {"result": "allow" if asked.get("password") == "right" else "deny"}
    broker = zoo.broker(f"--auth.hook.url={service.url}", *PATIENT, f"--auth.hook.token={zoo.write('word', 'open sesame')}",
                        f"--auth.passwords={zoo.passwords(local='l')}", "--auth.anonymous=refuse")
    zoo.client(broker, "alice", "right").ping()
    zoo.refused(broker, "alice", "wrong", 0x87)
    zoo.refused(broker, "alice", "wrong", 5, wire.V311)
    asked = service.asked[0]
    if asked["client"] != "c" or asked["user"] != "alice" or not asked["peer"].startswith("127.0.0.1:"):
        raise Failure(f"asked {asked}")
    if service.headers[0].get("Authorization") != "Bearer open sesame":
        raise Failure(f"came with {service.headers[0]}")
    before = len(service.asked)
    zoo.client(broker, "local", "l", "l").ping()  # stands in the file: nobody is asked
    zoo.refused(broker, "local", "right", 0x86)
    if len(service.asked) != before:
        raise Failure("the hook was asked about a user of the file")
    zoo.refused(broker, "bytes", b"\xff\xfe", 0x87)
    if service.asked[-1].get("password_base64") != "//4=":
        raise Failure(f"asked {service.asked[-1]}")
    if "right" in zoo.log(broker) or "open sesame" in zoo.log(broker):
        raise Failure("the log shows a secret")


def answers_are_remembered(zoo: Zoo) -> None:
    service = Service(zoo)
    broker = zoo.broker(f"--auth.hook.url={service.url}", *PATIENT)
    for _ in range(3):
        zoo.client(broker, "alice", "a").leave()
    if len(service.asked) != 1:
        raise Failure(f"asked {len(service.asked)} times")
    zoo.client(broker, "alice", "b").leave()  # another password
    zoo.client(broker, "alice", "a", "other").leave()  # another client
    if len(service.asked) != 3:
        raise Failure(f"asked {len(service.asked)} times")
    zoo.reload(broker)
    zoo.client(broker, "alice", "a").leave()
    if len(service.asked) != 4 or zoo.metric("mqttzoo_hook_cache_hits_total") != 2:
        raise Failure("a reload forgets what was said")


def rules_come_with_the_answer(zoo: Zoo) -> None:
    service = Service(zoo)
    service.answer = lambda asked: {"result": "allow", "acl": ["topic write a", "pattern read dev/%c", "topic read own/#"],
                                    "valid_for_s": 8}
    broker = zoo.broker(f"--auth.hook.url={service.url}", *PATIENT, f"--auth.acl={zoo.write('rules', 'pattern deny own/%u')}")
    client = zoo.client(broker, "alice", "a", "c7")
    client.publish("a", b"x", qos=1)
    client.publish("b", b"x", qos=1, code=0x87)
    client.subscribe("dev/c7", "own/alice")
    client.subscribe("dev/c8", code=0x87)
    client.expect_refusal(0x87, timeout=15)  # after its eight seconds


def nonsense_is_no_answer(zoo: Zoo) -> None:
    service = Service(zoo)
    broker = zoo.broker(f"--auth.hook.url={service.url}", *PATIENT, "--auth.hook.outage=cache")
    for said in (500, 404, b"", b"{", b"[]", {"result": "maybe"}, {}, {"result": "allow", "acl": "topic a"},
                 {"result": "allow", "acl": ["topic reed a"]}, {"result": "allow", "acl": ["user x"]},
                 {"result": "allow", "valid_for_s": -1}, {"result": "allow", "x": "y" * 100_000}):
        service.answer = lambda asked, s=said: s
        zoo.refused(broker, "alice", "a", 0x88)
    service.answer = lambda asked: {"result": "allow"}
    zoo.client(broker, "alice", "a").ping()
    if zoo.metric("mqttzoo_logins_total", 'outcome="hook_down"') != 12:
        raise Failure("not counted")


def a_hook_is_known_by_its_certificate(zoo: Zoo) -> None:
    for name, known in (("IP:127.0.0.1", True), ("DNS:another", False)):
        path = zoo.path(f"{known}.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=hook",
                "-addext", f"subjectAltName={name}", "-keyout", path + ".key", "-out", path + ".crt")
        with open(path + ".key", encoding="utf-8") as key, open(path + ".crt", encoding="utf-8") as certificate:
            service = Service(zoo, zoo.write(f"{known}.pem", key.read() + certificate.read()))
        broker = zoo.broker(f"--auth.hook.url={service.url}", *PATIENT, f"--auth.hook.ca={path}.crt")
        if not known:
            zoo.refused(broker, "alice", "a", 0x88)
            continue
        for i in range(3):  # over one connection
            zoo.client(broker, "alice", "a", f"c{i}").ping()
        zoo.refused(zoo.broker(f"--auth.hook.url={service.url}", *PATIENT), "alice", "a", 0x88)  # nobody the system trusts signed it
    if any("password" in asked for asked in service.asked):
        raise Failure("a stranger was told a password")


def a_hook_that_is_down(zoo: Zoo) -> None:
    for outage, known in (("deny", 0x88), ("cache", 0)):
        service = Service(zoo)
        broker = zoo.broker(f"--auth.hook.url={service.url}", "--auth.hook.cache.ttl=0", f"--auth.hook.outage={outage}",
                            "--auth.hook.timeout=3s", "--auth.hook.connections.max=2")
        zoo.client(broker, "alice", "a").leave()
        service.held.clear()  # it hangs
        began = time.monotonic()
        clients = [zoo.open(broker, "c" if i == 0 else f"new{i}") for i in range(6)]
        for client in clients:
            client.send(wire.connect(client.client_id, username="alice", password="a"))
        codes = [client.expect(wire.CONNACK).code for client in clients]
        if codes != [known] + [0x88] * 5 or time.monotonic() - began > 7.5:
            raise Failure(f"{outage}: {codes} after {time.monotonic() - began:.1f} s")
        if known == 0:
            clients[0].leave()
        service.stop()  # it is gone
        stale = zoo.open(broker, "c")
        stale.send(wire.connect("c", username="alice", password="a"))
        if stale.expect(wire.CONNACK).code != known:
            raise Failure(f"{outage}: gone")
        if known == 0:
            stale.leave()
        zoo.refused(broker, "alice", "b", 0x88)
        zoo.client(broker, None, None, "anonymous").ping()  # others are served


CASES = [the_hook_decides, answers_are_remembered, rules_come_with_the_answer, nonsense_is_no_answer,
         a_hook_is_known_by_its_certificate, a_hook_that_is_down]
