"""The password file and the ACL file: at the start, and read anew."""

from __future__ import annotations

import subprocess

from clients.suite import Failure
from harness import wire

from .zoo import SECONDS_MAX, Zoo

SECRET = "correct horse battery staple"
HASH_SECONDS_MAX = 120  # of one that is slow on purpose


def passwords_let_in(zoo: Zoo) -> None:
    broker = zoo.broker(f"--auth.passwords={zoo.passwords(alice=SECRET, bob='b')}", "--auth.anonymous=refuse")
    for version in (wire.V31, wire.V311, wire.V5):
        zoo.client(broker, "alice", SECRET, f"a{version}", version).ping()
        wrong = 0x86 if version == wire.V5 else 4
        zoo.refused(broker, "alice", "b", wrong, version)
        zoo.refused(broker, "alice", None, wrong, version)
        zoo.refused(broker, "eve", SECRET, wrong, version)
        zoo.refused(broker, None, None, 0x87 if version == wire.V5 else 5, version)
    if zoo.metric("mqttzoo_logins_total", 'outcome="accepted"') != 3 or \
            zoo.metric("mqttzoo_logins_total", 'outcome="wrong_password"') != 6 or \
            zoo.metric("mqttzoo_logins_total", 'outcome="unknown_user"') != 3 or \
            zoo.metric("mqttzoo_logins_total", 'outcome="anonymous_refused"') != 3:
        raise Failure("the logins were not counted:\n" + "\n".join(
            line for line in zoo.get("/metrics").splitlines() if "logins_total" in line))


def many_log_in_at_once(zoo: Zoo) -> None:
    broker = zoo.broker(f"--auth.passwords={zoo.passwords(alice=SECRET)}")
    clients = [zoo.open(broker, f"c{i}") for i in range(200)]
    for client in clients:  # all before any answer, and each with a packet behind its CONNECT
        client.send(wire.connect(client.client_id, username="alice", password=SECRET), wire.pingreq())
    for client in clients:
        client.expect(wire.CONNACK, code=0)
        client.expect(wire.PINGRESP)


def a_full_queue_says_busy(zoo: Zoo) -> None:
    # Hashes of some 100 ms each.
    path = zoo.path("passwords")
    subprocess.run(["mosquitto_passwd", "-c", "-I", "200000", "-b", path, "alice", SECRET], capture_output=True, check=True,
                   timeout=SECONDS_MAX)
    broker = zoo.broker(f"--auth.passwords={path}", "--auth.waiting.max=1")
    clients = [zoo.open(broker, f"c{i}") for i in range(5)]
    for client in clients:
        client.send(wire.connect(client.client_id, username="alice", password=SECRET))
    codes = sorted(client.expect(wire.CONNACK).code for client in clients)
    if codes[0] != 0 or codes[-1] != 0x89:
        raise Failure(f"answers were {codes}")
    zoo.client(broker, "alice", SECRET, "later").ping()


def a_slow_hash_holds_up_nobody(zoo: Zoo) -> None:
    path = zoo.path("passwords")
    subprocess.run(["mosquitto_passwd", "-c", "-I", "6000000", "-b", path, "alice", SECRET], capture_output=True, check=True,
                   timeout=HASH_SECONDS_MAX)
    broker = zoo.broker(f"--auth.passwords={path}", "--net.threads=1", f"--net.connect.timeout={HASH_SECONDS_MAX}s")
    other, slow = zoo.client(broker, None, None, "other"), zoo.open(broker, "slow")
    logins = zoo.metric("mqttzoo_logins_total")
    slow.send(wire.connect("slow", username="alice", password=SECRET))
    while not zoo.metric("mqttzoo_logins_waiting"):
        if zoo.metric("mqttzoo_logins_total") != logins:
            raise Failure("the password was checked before anybody could look")
        other.ping()
    rounds = 0
    while zoo.metric("mqttzoo_logins_waiting"):
        other.ping()  # on the only I/O thread
        rounds += 1
    slow.expect(wire.CONNACK, timeout=HASH_SECONDS_MAX, code=0)
    if rounds < 3:
        raise Failure(f"{rounds} pings came back while the password was checked")


def nothing_shows_a_password(zoo: Zoo) -> None:
    broker = zoo.broker(f"--auth.passwords={zoo.passwords(alice=SECRET)}", "--log.level=trace")
    client = zoo.client(broker, "alice", SECRET, "showy")
    zoo.refused(broker, "alice", SECRET + "?", 0x86)
    client.ping()
    with open(zoo.path("passwords"), encoding="utf-8") as file:
        hashed = file.read().strip().split(":", 1)[1]
    ids = zoo.get("/api/v1/clients")
    shown = {"the log": zoo.log(broker), "metrics": zoo.get("/metrics"), "clients": ids,
             "a client": zoo.get("/api/v1/clients/showy")}
    with open(f"/proc/{broker.process.pid}/cmdline", encoding="utf-8") as file:
        shown["the command line"] = file.read()
    for where, text in shown.items():
        for secret in (SECRET, hashed, hashed.split("$")[-1]):
            if secret in text:
                raise Failure(f"{where} shows {secret!r}")
    if "wrong_password" not in shown["the log"] or '"user"' not in shown["a client"] and "alice" not in shown["a client"]:
        raise Failure("what should be shown is not: " + shown["a client"])


def a_bad_file_stops_the_start(zoo: Zoo) -> None:
    for option, text, words in (("auth.passwords", "alice:secret\n", ("auth.passwords", ":1:", "alice")),
                                ("auth.acl", "topic read a\ntopic reed b\n", ("auth.acl", ":2:", "reed")),
                                ("auth.jwt.keys", "{}", ("auth.jwt.keys", "JSON Web Key Set")),
                                ("auth.passwords", None, ("auth.passwords", "cannot be read"))):
        path = zoo.write("bad", text) if text is not None else zoo.path("missing")
        for more in ([], ["--check-config"]):
            done = subprocess.run([zoo.binary, f"--{option}={path}", "--store.path=:memory:", "--net.port=0", *more],
                                  capture_output=True, text=True, timeout=SECONDS_MAX)
            said = done.stdout + done.stderr
            if done.returncode != 2 or any(word not in said for word in words) or "secret" in said:
                raise Failure(f"{option} {more}: status {done.returncode}, {said}")


def a_reload_sends_away(zoo: Zoo) -> None:
    broker = zoo.broker(f"--auth.passwords={zoo.passwords(alice='a', bob='b', carol='c')}", "--auth.anonymous=refuse")
    alice, bob = zoo.client(broker, "alice", "a", "alice"), zoo.client(broker, "bob", "b", "bob", wire.V311)
    carol = zoo.client(broker, "carol", "c", "carol")
    with open(zoo.path("passwords"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    zoo.passwords(bob="another")
    with open(zoo.path("passwords"), encoding="utf-8") as file:  # carol's hash stays as it was
        zoo.write("passwords", file.read() + next(line for line in lines if line.startswith("carol:")) + "\n")
    zoo.reload(broker)
    alice.expect_refusal(0x87)
    bob.expect_closed()
    carol.ping()
    zoo.refused(broker, "bob", "b", 0x86)
    zoo.client(broker, "bob", "another", "bob").ping()
    if zoo.metric("mqttzoo_clients_expelled_total") != 2:
        raise Failure("two were sent away")


def a_reload_changes_the_rules(zoo: Zoo) -> None:
    rules = zoo.write("rules", "topic read a\n")
    broker = zoo.broker(f"--auth.acl={rules}")
    client = zoo.client(broker, None, None)
    client.subscribe("a")
    client.publish("a", b"1", qos=1, code=0x87)
    zoo.write("rules", "topic readwrite a\n")
    zoo.reload(broker)
    client.publish("a", b"2", qos=1)
    client.receive("a", b"2")
    zoo.write("rules", "topic write a\n")
    zoo.reload(broker)
    client.publish("a", b"3", qos=1)
    client.subscribe("a", code=0x87)
    client.expect_nothing()
    zoo.write("rules", "topic reed a\n")  # refused: what was stays
    zoo.reload(broker, "reload refused")
    client.publish("a", b"4", qos=1)


def retained_messages_and_wills_obey(zoo: Zoo) -> None:
    rules = zoo.write("rules", "topic write #\ntopic read open/#\n")
    broker = zoo.broker(f"--auth.acl={rules}")
    client = zoo.client(broker, None, None)
    client.publish("open/1", b"x", qos=1, retain=True)
    client.publish("shut/1", b"x", qos=1, retain=True)
    client.subscribe("#", qos=1)
    client.receive("open/1", b"x")
    client.expect_nothing()
    zoo.write("rules", "topic write a\ntopic read #\n")
    zoo.reload(broker)
    refused = zoo.open(broker, "w")
    refused.send(wire.connect("w", will=wire.Will("b")))
    refused.expect_connect_refused(0x87)
    dying = zoo.client(broker, None, None, "d", will=wire.Will("a"))
    zoo.write("rules", "topic read #\n")
    zoo.reload(broker)
    dying.abort()  # its will may not be published any more
    client.expect_nothing()


CASES = [passwords_let_in, many_log_in_at_once, a_full_queue_says_busy, a_slow_hash_holds_up_nobody,
         nothing_shows_a_password, a_bad_file_stops_the_start,
         a_reload_sends_away, a_reload_changes_the_rules, retained_messages_and_wills_obey]
