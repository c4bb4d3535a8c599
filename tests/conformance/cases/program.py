"""The program around the protocol: options, configuration file, environment, signals."""

import json
import os
import select
import signal
import socket
import subprocess

from harness import wire
from harness.broker import Broker, Unsupported, free_port
from harness.client import Failure, equal, require
from harness.registry import V5, case

SECONDS_MAX = 20


def program(t, *arguments, environment=None):
    """Runs the broker's program to its end: status and all that it printed."""
    if os.path.basename(t.broker.binary).startswith("mosquitto"):
        raise Unsupported("another program")
    done = subprocess.run([t.broker.binary, *arguments], capture_output=True, text=True, timeout=SECONDS_MAX,
                          env={**os.environ, **(environment or {})}, cwd=t.broker.directory)
    return done.returncode, done.stdout + done.stderr


def config_file(t, text):
    path = os.path.join(t.broker.directory, f"{t.unique}.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text if isinstance(text, str) else json.dumps(text))
    return path


@case(V5)
def help_lists_the_options(t):
    status, text = program(t, "--help")
    equal(status, 0, "status")
    for name in ("net.port", "store.path", "mqtt.receive.maximum", "sys.interval"):
        require(name in text, f"--help does not name {name}")


@case(V5)
def version_is_told(t):
    status, text = program(t, "--version")
    equal(status, 0, "status")
    require(any(c.isdigit() for c in text), f"version {text!r}")


@case(V5)
def mistakes_are_named_with_the_nearest_option(t):
    for argument, words in (("--net.prot=1883", ("net.prot", "net.port")), ("--net.port=70000", ("net.port",)),
                            ("--net.port=abc", ("net.port",)), ("--mqtt.qos.max=3", ("mqtt.qos.max",)),
                            ("--mqtt.packet.bytes.max=1XB", ("mqtt.packet.bytes.max",)), ("--nonsense=1", ("nonsense",))):
        status, text = program(t, "--check-config", argument)
        require(status != 0, f"{argument} was accepted")
        for word in words:
            require(word in text, f"{argument}: no {word} in {text!r}")


@case(V5)
def configuration_file_with_comments(t):
    path = config_file(t, '// a comment\n{ "mqtt": { "qos": { "max": 1 } }, /* another */ "sys.interval": "5s" }')
    status, text = program(t, "--check-config", f"--config={path}")
    equal(status, 0, f"status ({text})")
    path = config_file(t, '{\n  "mqtt": {\n    "qos": { "maxx": 1 } } }')
    status, text = program(t, "--check-config", f"--config={path}")
    require(status != 0 and "maxx" in text and os.path.basename(path) in text and "mqtt.qos.max" in text, f"{status}: {text}")
    status, text = program(t, "--check-config", f"--config={path}.missing")
    require(status != 0 and ".missing" in text, f"{status}: {text}")


def self_signed(t, name):
    """Paths of a certificate and its key."""
    paths = [os.path.join(t.broker.directory, f"{name}.{part}") for part in ("pem", "key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


@case(V5)
def a_check_finds_what_a_start_would(t):
    """What is good word by word and cannot be used: both find it, and whoever starts it may try again, as a file may come."""
    certificate, key = self_signed(t, "right")
    other_key = self_signed(t, "wrong")[1]
    missing = os.path.join(t.broker.directory, "missing")
    tls, admin, zk = ("--net.tls.port=0",), ("--admin.port=0",), ("--zk.servers=127.0.0.1:1",)
    hook = ("--auth.hook.url=https://127.0.0.1:1/",)
    for words, options in (
            (("net.tls.certificate", missing), (*tls, f"--net.tls.certificate={missing}", f"--net.tls.key={key}")),
            (("net.tls.key", missing), (*tls, f"--net.tls.certificate={certificate}", f"--net.tls.key={missing}")),
            (("net.tls.key", other_key), (*tls, f"--net.tls.certificate={certificate}", f"--net.tls.key={other_key}")),
            (("net.address", "localhost"), ("--net.address=localhost",)),
            (("admin.token", missing), (*admin, f"--admin.token={missing}")),
            (("admin.tls.certificate", missing), (*admin, f"--admin.tls.certificate={missing}", f"--admin.tls.key={key}")),
            (("admin.tls.key", other_key), (*admin, f"--admin.tls.certificate={certificate}", f"--admin.tls.key={other_key}")),
            (("admin.address", "admin.token"), (*admin, "--admin.address=0.0.0.0")),
            (("admin.address", "localhost"), (*admin, "--admin.address=localhost")),
            (("zk.auth", missing), (*zk, f"--zk.auth={missing}")),
            (("zk.chroot", "nonsense"), (*zk, "--zk.chroot=nonsense")),
            (("links.tls.certificate", missing), (*zk, f"--links.tls.certificate={missing}", f"--links.tls.key={key}", f"--links.tls.ca={certificate}")),
            (("links.address", "localhost"), (*zk, "--links.address=localhost")),
            (("auth.hook.token", missing), (*hook, f"--auth.hook.token={missing}")),
            (("auth.hook.ca", missing), (*hook, f"--auth.hook.ca={missing}"))):
        for more in (("--check-config",), ()):
            status, text = program(t, "--net.port=0", "--store.path=:memory:", *options, *more)
            equal(status, 2 if more or "zk.chroot" in words else 1, f"status of {options} {more} ({text})")
            for word in words:
                require(word in text, f"{options} {more}: no {word} in {text!r}")
    status, text = program(t, *tls, f"--net.tls.certificate={certificate}", f"--net.tls.key={key}", *admin, "--check-config")
    equal(status, 0, f"status of a good one ({text})")


@case(V5)
def file_environment_and_command_line_in_that_order(t):
    if os.path.basename(t.broker.binary).startswith("mosquitto"):
        raise Unsupported("another program")
    path = config_file(t, {"mqtt.receive.maximum": 11, "mqtt.topic.alias.maximum": 12, "mqtt.qos.max": 1})
    broker = Broker(t.broker.binary, (f"--config={path}", "--mqtt.qos.max=0"),
                    environment={"MQTTZOO_MQTT_TOPIC_ALIAS_MAXIMUM": "13", "MQTTZOO_MQTT_QOS_MAX": "1"})
    try:
        t.broker = broker.start()
        props = t.client().connack.props
        equal([props.get(n) for n in ("receive_maximum", "topic_alias_maximum", "maximum_qos")], [11, 13, 0], "limits")
    finally:
        broker.close()


@case(V5, own=True)
def sigterm_ends_cleanly_and_the_port_is_free(t):
    for _ in range(3):
        c = t.client("c")
        c.subscribe(t.topic(), qos=1)
        t.broker.restart()  # checks the status, takes the port again at once
        answer = c.read()
        require(answer is None or answer.type == wire.DISCONNECT, f"{answer}")
    equal(t.broker.stop(), 0, "status on SIGTERM")


def start_with_drain(t, rate: int, deadline: str) -> None:
    if os.path.basename(t.broker.binary).startswith("mosquitto"):
        raise Unsupported("another program")
    t.broker.stop()
    t.broker.options = (f"--drain.rate={rate}", f"--drain.deadline={deadline}")
    t.broker.start()


@case(V5, own=True)
def sigterm_sends_clients_away_at_the_rate_and_lets_nobody_in(t):
    start_with_drain(t, rate=2, deadline="1m")
    clients = [t.client(f"c{n}") for n in range(12)]
    t.broker.process.send_signal(signal.SIGTERM)
    ready = select.select([c.socket for c in clients], [], [], SECONDS_MAX)[0]
    require(0 < len(ready) < len(clients), f"{len(ready)} of {len(clients)} clients were disconnected at once")
    newcomer = t.open(client_id="newcomer")
    newcomer.connect(code=0x88)
    for c in clients:
        c.expect(wire.DISCONNECT, SECONDS_MAX, code=0x8B)
    equal(t.broker.process.wait(SECONDS_MAX), 0, "status on SIGTERM")


@case(V5, own=True)
def a_second_sigterm_does_not_wait(t):
    start_with_drain(t, rate=1, deadline="1h")
    clients = [t.client(f"c{n}") for n in range(30)]
    t.broker.process.send_signal(signal.SIGTERM)
    select.select([c.socket for c in clients], [], [], SECONDS_MAX)
    t.broker.process.send_signal(signal.SIGTERM)
    equal(t.broker.process.wait(SECONDS_MAX), 0, "status on the second SIGTERM")


@case(V5, own=True)
def sigint_ends_cleanly_too(t):
    t.broker.process.send_signal(signal.SIGINT)
    equal(t.broker.process.wait(SECONDS_MAX), 0, "status on SIGINT")


@case(V5, own=True)
def sighup_reloads(t):
    if os.path.basename(t.broker.binary).startswith("mosquitto"):
        raise Unsupported("another program")
    path = config_file(t, {"mqtt.receive.maximum": 11})
    t.broker.stop()
    t.broker.options = (f"--config={path}",)
    t.broker.start()
    old = t.client()
    equal(old.connack.props.get("receive_maximum"), 11, "receive maximum before")
    config_file(t, {"mqtt.receive.maximum": 12, "net.backlog": 77})
    t.broker.process.send_signal(signal.SIGHUP)
    for _ in range(100):
        if t.client().connack.props.get("receive_maximum") == 12:
            break
        t.sleep(0.05)
    else:
        raise Failure(f"the limit was not reloaded:\n{t.broker.log()}")
    old.ping()
    t.broker.await_log("net.backlog")  # what needs a restart is named
    config_file(t, '{ "mqtt.receive.maximum": 0 }')
    t.broker.process.send_signal(signal.SIGHUP)
    t.broker.await_log("reload refused")
    require(t.broker.running(), "a faulty file ended the broker")
    equal(t.client().connack.props.get("receive_maximum"), 12, "receive maximum after a faulty file")


@case(V5, own=True)
def port_in_use_is_a_clear_error(t):
    status, text = program(t, f"--net.port={t.broker.port}", "--net.address=127.0.0.1", "--store.path=:memory:")
    require(status != 0 and str(t.broker.port) in text, f"{status}: {text}")
    t.client().ping()


@case(V5, own=True)
def one_store_has_one_broker(t):
    status, text = program(t, f"--net.port={free_port()}", f"--store.path={t.broker.store}")
    require(status != 0 and t.broker.store in text, f"{status}: {text}")
    t.client().ping()


@case(V5, own=True)
def two_brokers_beside_each_other(t):
    other = Broker(t.broker.binary).start()
    try:
        t.client().subscribe(t.topic())
        with socket.create_connection(other.address):
            pass
        equal(other.stop(), 0, "status")
    finally:
        other.close()
