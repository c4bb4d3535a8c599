"""Cases of `net.listeners`: several listeners with settings of their own, behind proxies, on sockets' files, with certificates that are names."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import stat
import struct
import subprocess
import tempfile
import time
import urllib.request
from typing import Iterator, Optional

from harness import wire
from harness.broker import Broker, free_port
from harness.client import Client, Closed, equal, require
from house import SECONDS_MAX, House, Secure, house

NOT_AUTHORIZED = 0x87
PACKET_TOO_LARGE = 0x95
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header_1(client: str, port: int = 51234) -> bytes:
    family = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {family} {client} {'::1' if ':' in client else '10.9.9.9'} {port} 1883\r\n".encode()


def header_2(client: str, port: int = 51234, more: bytes = b"\x04\0\x02ab") -> bytes:
    addresses = socket.inet_aton(client) + socket.inet_aton("10.9.9.9") + struct.pack("!HH", port, 1883) + more
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", len(addresses)) + addresses


OF_NOBODY = b"PROXY UNKNOWN\r\n"
OF_THE_PROXY = SIGNATURE + b"\x20\0\0\0"


@contextlib.contextmanager
def listening(binary: str, *entries: dict, options: tuple[str, ...] = ()) -> Iterator[Broker]:
    """A broker with a file of these entries, which rewrite() changes."""
    with tempfile.TemporaryDirectory(prefix="listeners-") as directory:
        path = os.path.join(directory, "config.json")
        broker = Broker(binary, (f"--config={path}", *options))
        broker.rewrite = lambda *changed: write(path, changed)
        broker.rewrite(*entries)
        try:
            yield broker.start()
        finally:
            broker.close()


def write(path: str, entries: tuple[dict, ...]) -> None:
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"net": {"listeners": entries}}, file)
    os.replace(path + ".new", path)


def place() -> tuple[str, int]:
    return "127.0.0.1", free_port()


def coming(address: tuple[str, int] | str, first: bytes, **more) -> Client:
    client = Client(address, **more)
    client.send(first)
    return client


def metric(port: int, name: str, **labels: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS_MAX) as answer:
        text = answer.read().decode()
    wanted = {f'{k}="{v}"' for k, v in labels.items()}
    for line in text.splitlines():
        found = re.fullmatch(re.escape(name) + r"\{(.*)\} (\S+)", line)
        if found and wanted <= set(found[1].split(",")):
            return float(found[2])
    raise AssertionError(f"no {name} with {labels}:\n{text}")


def came_by(port: int, client_id: str) -> str:
    """The listener of a client, as the endpoint for operators has it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/clients/{client_id}", timeout=SECONDS_MAX) as answer:
        return json.load(answer)["more"]["listener"]


def proxies(binary: str) -> None:
    """Who a client is follows from the header, in both versions; without a good one nobody comes in."""
    trusting, hasty, strict = place(), place(), place()
    admin = free_port()
    entries = ({"name": "front", "port": trusting[1], "proxy": {"trusted": ["127.0.0.0/8"]}},
               {"name": "late", "port": hasty[1], "proxy": {"trusted": ["127.0.0.0/8"], "timeout": "500ms"}},
               {"name": "other", "port": strict[1], "proxy": {"trusted": ["10.0.0.0/8", "::1"]}})
    with listening(binary, *entries, options=(f"--admin.port={admin}",)) as broker:
        for first in (header_1("127.0.0.7"), header_2("127.0.0.7"), header_1("::1"), OF_THE_PROXY):
            client = coming(trusting, first)
            client.connect()
            client.ping()
            client.leave()
        for first in (header_1("10.3.2.1"), header_2("10.3.2.1"), header_1("2001:db8::5"), OF_NOBODY):
            coming(trusting, first).connect(code=NOT_AUTHORIZED)
        broker.await_log("10.3.2.1:51234", 2)
        broker.await_log("[2001:db8::5]:51234")
        broker.await_log("proxy 127.0.0.1:")
        # The CONNECT may come with the header, and both in pieces.
        first = header_2("127.0.0.7") + wire.connect(version=wire.V5, client_id="pieces")
        client = Client(trusting)
        for byte in first:
            client.send(bytes([byte]))
        client.expect(wire.CONNACK, code=0)
        for bad in (wire.connect(version=wire.V5, client_id="x"), b"PROXY TCP4 1.2.3.4\r\n", SIGNATURE + b"\x31\x11\0\0"):
            coming(trusting, bad).expect_closed()
        silent = Client(hasty)
        began = time.monotonic()
        silent.expect_closed()
        require(time.monotonic() - began < 5, "a proxy that says nothing stays")
        Client(strict).expect_closed()
        refused = "mqttzoo_listener_connections_refused_total"
        equal(metric(admin, refused, listener="front", reason="proxy_header"), 3, "bad headers")
        equal(metric(admin, refused, listener="front", reason="proxy_late"), 0, "late headers of those who speak")
        equal(metric(admin, refused, listener="late", reason="proxy_late"), 1, "late headers")
        equal(metric(admin, refused, listener="other", reason="untrusted"), 1, "strangers")
        equal(metric(admin, "mqttzoo_listener_connections_accepted_total", listener="front"), 12, "accepted")
        equal(metric(admin, "mqttzoo_listener_connections_accepted_total", listener="late"), 1, "accepted at `late`")
        broker.await_log("is none of the proxies that are trusted")


def proxied_layers(binary: str) -> None:
    """The header comes ahead of TLS and of the request for a WebSocket; connections move between threads all the same."""
    secure, web = place(), place()
    proxy = {"trusted": ["127.0.0.1"]}
    with house(binary, "--net.threads=3", "--net.listeners=" + json.dumps([
            {"port": secure[1], "tls": True, "proxy": proxy, "anonymous": "allow"},
            {"port": web[1], "websocket": {"path": "/here"}, "proxy": proxy}])) as h:
        for round_ in range(2):
            for i in range(6):
                client = Secure(secure, h.authority.client_context(), first=header_1("10.1.1.1"), client_id=f"c{i}")
                connack = client.connect(clean=False, props={"session_expiry": 600})
                equal(connack.session_present, round_ > 0, "session present")
                client.leave()
        with socket.create_connection(web) as s:
            s.settimeout(SECONDS_MAX)
            s.sendall(header_2("127.0.0.1") + b"GET /here HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                      b"Sec-WebSocket-Protocol: mqtt\r\n\r\n")
            require(s.recv(4096).startswith(b"HTTP/1.1 101"), "no WebSocket behind the header")


def own_settings(binary: str) -> None:
    """Each listener has its rules, its bound and its counters; SIGHUP changes them for those that come."""
    guests, members, few = place(), place(), place()
    admin = free_port()
    entries = [{"name": "guests", "port": guests[1], "anonymous": "allow"}, {"name": "members", "port": members[1], "anonymous": "refuse"},
               {"name": "few", "port": few[1], "anonymous": "loopback", "connections.max": 2, "packet.bytes.max": "2KiB"}]
    with listening(binary, *entries, options=(f"--admin.port={admin}", "--auth.anonymous=refuse")) as broker:
        guest = Client(guests, client_id="guest")
        equal(guest.connect().props["maximum_packet_size"], 1 << 20, "Maximum Packet Size of `guests`")
        equal(came_by(admin, "guest"), "guests", "listener of a client")
        Client(members).connect(code=NOT_AUTHORIZED)
        Client(broker.address).connect(code=NOT_AUTHORIZED)
        inside = [Client(few) for _ in range(2)]
        for client in inside:
            equal(client.connect().props["maximum_packet_size"], 2048, "Maximum Packet Size of `few`")
        Client(few).expect_closed()
        broker.await_log("connections.max of few")
        equal(metric(admin, "mqttzoo_listener_connections", listener="few"), 2, "open at `few`")
        equal(metric(admin, "mqttzoo_listener_connections", listener="guests"), 1, "open at `guests`")
        equal(metric(admin, "mqttzoo_listener_connections_refused_total", listener="few", reason="full"), 1, "refused at `few`")
        equal(metric(admin, "mqttzoo_listener_connections_accepted_total", listener="members"), 1, "accepted at `members`")
        entries[0]["anonymous"] = "refuse"
        entries[2]["connections.max"] = 3
        broker.rewrite(*entries, {"port": free_port()})
        broker.process.send_signal(signal.SIGHUP)
        broker.await_log("listeners come with the next restart")
        Client(guests).connect(code=NOT_AUTHORIZED)
        Client(few).connect()
        guest.ping()
        inside[0].send(wire.publish("t", "x" * 4096))
        inside[0].expect_refusal(PACKET_TOO_LARGE)
        guest.send(wire.publish("t", "x" * 4096))
        guest.ping()


def a_reload_with_a_bad_certificate(binary: str) -> None:
    """Not a rule of any listener changes: they were written for the certificate, or for the demand of one, that cannot be used."""
    guests, secure = place(), place()
    h = House(binary)
    try:
        entries = [{"name": "guests", "port": guests[1], "anonymous": "allow"},
                   {"name": "secure", "port": secure[1], "tls": {"certificate": h.files.certificate, "key": h.files.key}, "anonymous": "refuse"}]
        with listening(binary, *entries, options=("--auth.anonymous=refuse",)) as broker:
            Client(guests).connect()
            Secure(secure, h.authority.client_context()).connect(code=NOT_AUTHORIZED)
            entries[0]["anonymous"] = "refuse"
            entries[1].update(anonymous="allow", tls={"certificate": h.files.certificate, "key": "/none", "ca": h.authority.certificate})
            broker.rewrite(*entries)
            broker.process.send_signal(signal.SIGHUP)
            broker.await_log("reload refused, everything stays as it is")
            require("net.listeners entry 2: tls" in broker.log(), broker.log())
            Client(guests).connect()
            Secure(secure, h.authority.client_context()).connect(code=NOT_AUTHORIZED)
            entries[1]["tls"]["key"] = h.files.key
            broker.rewrite(*entries)
            broker.process.send_signal(signal.SIGHUP)
            broker.await_log("accounts and access rules were read anew")
            Client(guests).connect(code=NOT_AUTHORIZED)
            Secure(secure, h.authority.client_context(h.authority.issue("device"))).connect()
    finally:
        h.broker.close()
        h.authority.close()


def a_proxy_comes_and_goes(binary: str) -> None:
    """SIGHUP: addresses count as long as they are clients', and those that headers say count alone while there are headers."""
    at = place()
    bare = {"name": "door", "port": at[1], "anonymous": "allow"}
    proxied = {**bare, "proxy": {"trusted": ["127.0.0.0/8"]}}
    with listening(binary, proxied, options=("--limits.address.connections.max=2", "--limits.address.exempt=10.0.0.0/8")) as broker:
        reloads = 0

        def change(entry: dict) -> None:
            nonlocal reloads
            reloads += 1
            broker.rewrite(entry)
            broker.process.send_signal(signal.SIGHUP)
            broker.await_log("accounts and access rules were read anew", reloads)

        def carried(client: str) -> Client:
            c = coming(at, header_1(client))
            c.connect()
            return c

        def refused() -> bool:
            try:
                Client(at).connect()
            except (Closed, OSError):
                return True
            return False

        stay = [carried(f"192.0.2.{n}") for n in range(4)]
        change(bare)
        for client in (direct := [Client(at) for _ in range(2)]):
            client.connect()
        require(refused(), "an address has more than it may")
        change(proxied)
        stay += [carried(f"198.51.100.{n}") for n in range(4)]
        for client in direct:
            client.leave()
        change(bare)
        for client in (direct := [Client(at) for _ in range(2)]):
            client.connect()
        require(refused(), "an address has more than it may, after its proxy was one")
        for client in stay:
            client.ping()


def wrong_entries(binary: str) -> None:
    """A start that fails names the entry, the key, or the place."""
    def start(entries: list, *more: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as store:
            done = subprocess.run([binary, f"--store.path={store}", "--net.port=off", f"--net.listeners={json.dumps(entries)}", *more],
                                  capture_output=True, text=True, timeout=SECONDS_MAX)
        return done.returncode, done.stderr

    for entries, words in (([{"port": 1, "tsl": True}], ("entry 1", "`tsl`")), ([], ("nobody listens",)),
                           ([{"port": 0}, {"port": 0, "identity": "cn"}], ("entry 2", "`identity`")),
                           ([{"port": 0, "proxy": True}], ("entry 1", "`trusted`"))):
        status, text = start(entries)
        equal(status, 2, f"the status with {entries}")
        for word in words:
            require(word in text, f"{word} is not in: {text}")
    status, text = start([{"port": 0, "tls": {"certificate": "/none", "key": "/none"}}])
    equal(status, 1, "the status")
    require("net.listeners entry 1: tls.certificate" in text and "/none" in text, text)
    status, text = start([{"port": 0, "address": "localhost"}])
    equal(status, 1, "the status")
    require("net.listeners entry 1: address" in text and "localhost" in text, text)
    with tempfile.NamedTemporaryFile() as file:
        status, text = start([{"unix": file.name}])
        equal(status, 1, "the status")
        require(file.name in text and "no socket" in text, text)
        require(os.path.exists(file.name), "the file is gone")


def sockets_of_the_machine(binary: str) -> None:
    """A file with its mode; one that is left behind is replaced, one in use is not; gone with the broker."""
    with tempfile.TemporaryDirectory(prefix="sockets-") as directory:
        path, behind = os.path.join(directory, "mqtt"), os.path.join(directory, "proxied")
        entries = ({"unix": path, "unix.mode": "0600"}, {"unix": behind, "proxy": True, "anonymous": "allow"})
        with listening(binary, *entries) as broker:
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "the mode")
            equal(stat.S_IMODE(os.stat(behind).st_mode), 0o660, "the mode that is the default")
            client = Client(path)
            client.connect()
            client.subscribe("t", qos=1)
            other = coming(behind, header_1("10.7.7.7"))
            other.connect()
            other.publish("t", "x", 1)
            client.receive("t", "x")
            done = subprocess.run(["mosquitto_pub", "--unix", path, "-t", "t", "-m", "theirs", "-q", "1"], capture_output=True, text=True,
                                  timeout=SECONDS_MAX)
            equal(done.returncode, 0, f"mosquitto_pub: {done.stderr}")
            client.receive("t", "theirs")
            program = os.path.join(os.path.dirname(binary), "mqttzoo")
            done = subprocess.run([program, "pub", "--unix", path, "-t", "t", "-m", "ours", "-q", "1"], capture_output=True, text=True,
                                  timeout=SECONDS_MAX)
            equal(done.returncode, 0, f"mqttzoo pub: {done.stderr}")
            client.receive("t", "ours")
            with tempfile.TemporaryDirectory() as store:
                done = subprocess.run([binary, f"--store.path={store}", "--net.port=off", f"--net.listeners={json.dumps(entries[:1])}"],
                                      capture_output=True, text=True, timeout=SECONDS_MAX)
                equal(done.returncode, 1, "the status of a second one")
                require(path in done.stderr and "another process listens" in done.stderr, done.stderr)
            client.ping()
            broker.kill()
            require(os.path.exists(path), "a broker that was killed cannot remove its file")
            broker.start()
            Client(path).connect()
            equal(broker.stop(), 0, "the status")
            require(not os.path.exists(path) and not os.path.exists(behind), "a file is left behind")


def certificates_that_are_names(binary: str) -> None:
    """The common name, or the subject, is the user whose rules hold; no password is asked for; who has no such name stays out."""
    by_cn, by_subject = place(), place()
    with tempfile.NamedTemporaryFile("w", suffix=".acl") as acl:
        acl.write("user alice\ntopic readwrite alice/#\npattern readwrite by/%u\nuser CN=dave,OU=devices\ntopic readwrite dave/#\n")
        acl.flush()
        h = House(binary)
        entries = [{"port": at[1], "tls": {"ca": h.authority.certificate}, "identity": identity, "anonymous": "refuse"}
                   for at, identity in ((by_cn, "cn"), (by_subject, "subject"))]
        h.broker.options += (f"--auth.acl={acl.name}", "--auth.anonymous=refuse", f"--net.listeners={json.dumps(entries)}")
        try:
            h.broker.start()

            def come(at: tuple[str, int], name: str, subject: Optional[str] = None, **more) -> Secure:
                files = h.authority.issue(name, subject=subject)
                return Secure(at, h.authority.client_context(files), client_id=f"of {name}", **more)

            alice = come(by_cn, "alice")
            alice.connect(username="dave", password="whatever")  # what CONNECT says does not matter
            for topic, code in (("alice/x", 0), ("by/alice", 0), ("dave/x", NOT_AUTHORIZED), ("by/dave", NOT_AUTHORIZED)):
                alice.publish(topic, "x", 1, code=code)
            dave = come(by_subject, "dave", "/OU=devices/CN=dave")
            dave.connect()
            dave.publish("dave/x", "x", 1, code=0)
            dave.publish("alice/x", "x", 1, code=NOT_AUTHORIZED)
            bob = come(by_cn, "bob", version=wire.V311)
            bob.connect()
            for name, subject in (("nameless", "/O=nobody"), ("two", "/CN=alice/CN=dave")):
                come(by_cn, name, subject).connect(code=NOT_AUTHORIZED)
            h.broker.await_log("certificate_nameless", 2)
            try:
                client = Secure(by_cn, h.authority.client_context())
                client.send(wire.connect(version=wire.V5, client_id="x"))
                require(client.read() is None, "a client without a certificate is answered")
            except (ssl.SSLError, ConnectionError):
                pass
            acl.seek(0)
            acl.truncate()
            acl.write("user alice\ntopic readwrite other/#\n")
            acl.flush()
            h.broker.process.send_signal(signal.SIGHUP)
            h.broker.await_log("accounts and access rules were read anew")
            alice.publish("other/x", "x", 1, code=0)
            alice.publish("alice/x", "x", 1, code=NOT_AUTHORIZED)
        finally:
            h.broker.close()
            h.authority.close()


def certificates_by_server(binary: str) -> None:
    """SNI: each server's name has its certificate, others get the one of all; SIGHUP reads them again, and no client is dropped."""
    at = place()
    h = House(binary)
    try:
        shop = h.authority.issue("shop", "DNS:mqtt.shop.example")
        below = h.authority.issue("below", "DNS:*.devices.example")
        entry = {"port": at[1], "tls": {"names": [{"names": ["MQTT.shop.example"], "certificate": shop.certificate, "key": shop.key},
                                                  {"names": ["*.devices.example"], "certificate": below.certificate, "key": below.key}]}}
        h.broker.options += (f"--net.listeners={json.dumps([entry])}",)
        h.broker.start()

        def shown(server: Optional[str]) -> tuple[str, str]:
            context = h.authority.client_context()
            context.check_hostname = False
            client = Secure(at, context, server=server)
            client.connect()
            certificate = client.socket.getpeercert()
            return dict(pair[0] for pair in certificate["subject"])["commonName"], certificate["serialNumber"]

        for server, name in (("mqtt.shop.example", "shop"), ("Mqtt.Shop.Example", "shop"), ("a.devices.example", "below"),
                             ("a.b.devices.example", "server"), ("devices.example", "server"), ("localhost", "server"), (None, "server")):
            equal(shown(server)[0], name, f"who is shown to a client of {server}")
        stays = Secure(at, h.authority.client_context(), server="mqtt.shop.example")
        stays.connect()
        before = shown("mqtt.shop.example")[1]
        h.authority.issue("shop", "DNS:mqtt.shop.example")
        h.broker.process.send_signal(signal.SIGHUP)
        h.broker.await_log("certificate for clients loaded", 3)  # of net.tls, net.websocket.tls and this one
        require(shown("mqtt.shop.example")[1] != before, "the old certificate is still shown")
        stays.ping()
    finally:
        h.broker.close()
        h.authority.close()


CASES = [proxies, proxied_layers, own_settings, a_proxy_comes_and_goes, a_reload_with_a_bad_certificate, wrong_entries, sockets_of_the_machine, certificates_that_are_names, certificates_by_server]
