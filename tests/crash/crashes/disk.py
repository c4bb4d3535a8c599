"""A store that is full, a disk that is full, a store that is damaged."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time

from harness import wire
from harness.broker import Broker, Unsupported
from harness.client import WAIT, Client, equal, require

MESSAGE_BYTES = 4096
MESSAGES_MAX = 4000
START_SECONDS_MAX = 20


def _client(broker: Broker, name: str, version: int = wire.V5, clean: bool = False) -> Client:
    client = Client(broker.address, version, name)
    client.connect(clean=clean, props={"session_expiry": 3600} if version == wire.V5 and not clean else None)
    return client


def _fill(broker: Broker) -> list[bytes]:
    """Publishes to an away session until the broker refuses; what it accepted."""
    sub = _client(broker, "sub")
    sub.subscribe("full", qos=1)
    sub.leave()
    pub, accepted, refused = _client(broker, "pub", clean=True), [], 0
    for n in range(MESSAGES_MAX):
        payload = f"{n:08}".encode().ljust(MESSAGE_BYTES, b"x")
        pub.send(wire.publish("full", payload, 1, n + 1))
        answer = pub.expect(wire.PUBACK, pid=n + 1)
        if answer.code == 0:
            accepted.append(payload)
        else:
            equal(answer.code, 0x97, "code of a refused promise")
            refused += 1
            if refused == 20:
                break
    require(refused, f"{len(accepted)} messages of {MESSAGE_BYTES} B accepted and never one refused")
    require(accepted, "not one message accepted")
    return accepted


def _everything_promised_is_there(broker: Broker, accepted: list[bytes]) -> None:
    sub = _client(broker, "sub")
    equal(sub.connack.session_present, True, "session present")
    for payload in accepted:
        got = sub.receive("full")
        equal(got.payload[:8], payload[:8], "next message")
    sub.expect_nothing()
    sub.close()


def _takes_promises_again(broker: Broker) -> None:
    pub, deadline = _client(broker, "again", clean=True), time.monotonic() + WAIT
    while True:
        pub.send(wire.publish("full", "again", 1, 1))
        if pub.expect(wire.PUBACK, pid=1).code == 0:
            break
        require(time.monotonic() < deadline, "still refused after everything was delivered")
        time.sleep(0.1)
    sub = _client(broker, "sub")
    sub.receive("full", "again")


def full_store(binary: str) -> None:
    """`store.bytes.max`: new promises are refused, old ones are kept, also across a kill."""
    broker = Broker(binary, ("--store.bytes.max=1MiB", "--mqtt.session.queue.messages.max=100000", "--bank.patience=1s")).start()
    try:
        accepted = _fill(broker)
        live = _client(broker, "live", clean=True)
        live.subscribe("live", qos=1)
        live.publish("live", "needs no promise", qos=1)
        live.receive("live", "needs no promise")
        # A 3.1.1 client cannot be told: it is not acknowledged, and disconnected.  [MQTT-4.8.0-2 v3] [MQTT-3.3.5-2 v3]
        old = _client(broker, "old", wire.V311, clean=True)
        old.send(wire.publish("full", b"y" * MESSAGE_BYTES, 1, 1, version=wire.V311))
        old.expect_closed()
        broker.kill()
        broker.start()
        _everything_promised_is_there(broker, accepted)
        _takes_promises_again(broker)
        equal(broker.stop(), 0, "status on SIGTERM")
    finally:
        broker.close()


def full_disk(binary: str) -> None:
    """The same on a file system without room, where writing fails instead of a limit being reached."""
    mount = tempfile.mkdtemp(prefix="small-disk-")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", mount], capture_output=True).returncode != 0:
        os.rmdir(mount)
        raise Unsupported("needs the right to mount a file system")
    broker = None
    try:
        broker = Broker(binary, ("--mqtt.session.queue.messages.max=100000", "--bank.patience=1s"), store=mount).start()
        accepted = _fill(broker)
        require(broker.running(), f"the broker ended on a full disk:\n{broker.log()}")
        broker.kill()
        broker.start()
        _everything_promised_is_there(broker, accepted)
        _takes_promises_again(broker)
    finally:
        if broker:
            broker.close()
        subprocess.run(["umount", "-l", mount], capture_output=True)
        shutil.rmtree(mount, ignore_errors=True)


def _store_with_content(binary: str) -> tuple[Broker, list[str]]:
    broker = Broker(binary).start()
    client = _client(broker, "sub")
    client.subscribe("a/#", qos=1)
    for n in range(300):
        client.publish(f"kept/{n}", b"r" * 500, qos=1, retain=True)
    client.close()
    equal(broker.stop(), 0, "status on SIGTERM")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(broker.store) for name in names]
    files = [f for f in files if os.path.getsize(f) > 8192]
    require(files, "no file in the store")
    return broker, files


def damaged_store(binary: str) -> None:
    """A damaged file is a clear error and no start: never an empty broker in place of a full one."""
    for kind in ("its head", "its pages", "its length"):
        broker, files = _store_with_content(binary)
        try:
            for path in files:
                size = os.path.getsize(path)
                with open(path, "r+b") as file:
                    if kind == "its length":
                        file.truncate(size // 2 + 100)
                    else:
                        file.seek(0 if kind == "its head" else 4096)
                        file.write(os.urandom(100 if kind == "its head" else size - 4096))
            process = broker.launch()
            try:
                status = process.wait(START_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"the broker runs on a store with {kind} damaged:\n{broker.log()}") from None
            require(status > 0, f"status {status} on a store with {kind} damaged:\n{broker.log()}")
            require(any(os.path.basename(f) in broker.log(50) or broker.store in broker.log(50) for f in files),
                    f"the error does not name the store ({kind} damaged):\n{broker.log()}")
        finally:
            broker.close()


def store_that_cannot_be_opened(binary: str) -> None:
    """A path that is a file, or below one: a clear error and no start."""
    broker = Broker(binary)
    blocked = os.path.join(broker.directory, "blocked")
    with open(blocked, "w", encoding="utf-8") as file:
        file.write("no directory")
    try:
        for path in (blocked, os.path.join(blocked, "below")):
            done = subprocess.run([binary, f"--net.port={broker.port}", f"--store.path={path}"], capture_output=True,
                                  text=True, timeout=START_SECONDS_MAX)
            require(done.returncode > 0 and path in done.stdout + done.stderr,
                    f"{done.returncode}: {done.stdout}{done.stderr}")
    finally:
        broker.close()
