"""What clients do to a broker without breaking a rule: claims, slow readers, many of them at once."""

import time

from harness import wire
from harness.client import WAIT, Timeout, equal, require
from harness.registry import BOTH, V5, case

MIB = 1 << 20


def resident_bytes(broker):
    with open(f"/proc/{broker.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


@case(V5, own=True)
def nothing_is_allocated_for_a_claim(t):
    before = resident_bytes(t.broker)
    clients = [t.client(keep_alive=0) for _ in range(40)]
    for c in clients:  # each claims almost the largest packet there can be here, and sends a byte of it
        c.try_send(b"\x30" + wire.varint(MIB - 100) + b"\0")
    t.client().ping()
    grown = resident_bytes(t.broker) - before
    require(grown < 16 * MIB, f"{grown / MIB:.0f} MiB for 40 claims of 1 MiB")


@case(V5, own=True)
def slow_reader_holds_nobody_up_and_costs_little(t):
    # QoS 0 towards a client that does not read is dropped at a bound; everyone else is served.
    slow = t.open(client_id=t.id("slow"), receive_buffer=4096)
    slow.connect(keep_alive=0)
    slow.subscribe(t.topic("flood"))
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("calm"), qos=1)
    before = resident_bytes(t.broker)
    for n in range(64):
        pub.send(*[wire.publish(t.topic("flood"), b"x" * 16384) for _ in range(64)])
        began = time.monotonic()
        pub.publish(t.topic("calm"), f"{n}", qos=1)
        sub.receive(t.topic("calm"), f"{n}")
        require(time.monotonic() - began < 5, "another client waited for the slow reader")
    grown = resident_bytes(t.broker) - before
    require(grown < 48 * MIB, f"{grown / MIB:.0f} MiB kept for a client that does not read")


SMALL_BANK = ["--bank.capacity=2MiB", "--net.outbox.bytes.max=8MiB", "--sys.interval=1s"]


def _until(figures, name, good):
    """Waits until that figure of the bank is good."""
    while not good(int(figures.receive("$SYS/broker/bank/memory/" + name, timeout=20).payload)):
        pass


@case(V5, own=True, options=SMALL_BANK)
def what_waits_for_slow_readers_is_bounded_by_the_bank_and_given_back(t):
    # Two that do not read would leave 16 MiB; the bank pays for 2. Then one reads and the other one goes.
    figures = {}
    for name in ("bytes", "refusals"):
        figures[name] = t.client()
        figures[name].subscribe("$SYS/broker/bank/memory/" + name)
    slow = [t.open(client_id=t.id(f"slow{n}"), receive_buffer=4096) for n in range(2)]
    for s in slow:
        s.connect(keep_alive=0)
        s.subscribe(t.topic("flood"))
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("calm"), qos=1)
    for n in range(32):
        pub.send(*[wire.publish(t.topic("flood"), b"x" * 16384) for _ in range(64)])
        pub.publish(t.topic("calm"), f"{n}", qos=1)
        sub.receive(t.topic("calm"), f"{n}")
    _until(figures["refusals"], "refusals", lambda n: n > 0)
    _until(figures["bytes"], "bytes", lambda n: 0 < n <= 2 * MIB)
    slow[0].abort()
    pub.publish(t.topic("flood"), "last", qos=1)
    try:
        while slow[1].receive(t.topic("flood"), timeout=2):
            pass
    except Timeout:
        pass  # it has all that was kept for it
    _until(figures["bytes"], "bytes", lambda n: n == 0)
    pub.publish(t.topic("flood"), "goes on", qos=1)
    slow[1].receive(t.topic("flood"), "goes on")


@case(V5, own=True, options=["--net.outbox.stall.timeout=1s"])
def stalled_reader_is_disconnected(t):
    slow = t.open(client_id=t.id("slow"), receive_buffer=4096)
    slow.connect(keep_alive=0, will=wire.Will(t.topic("will"), "stalled"))
    slow.subscribe(t.topic("flood"))
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic("will"))
    for _ in range(16):
        pub.send(*[wire.publish(t.topic("flood"), b"x" * 65536) for _ in range(16)])
    pub.ping()
    sub.receive(t.topic("will"), "stalled")


@case(BOTH)
def slow_reader_of_qos_1_loses_nothing(t):
    sub = t.open(client_id=t.id("slow"), receive_buffer=4096)
    sub.connect(keep_alive=0)
    sub.subscribe(t.topic(), qos=1)
    pub = t.client()
    for n in range(200):
        pub.send(wire.publish(t.topic(), f"{n:06}".encode() + b"x" * 20000, 1, n + 1, version=t.version))
    for n in range(200):
        got = sub.receive(t.topic())
        equal(int(got.payload[:6]), n, "next message")
    for n in range(200):
        pub.expect(wire.PUBACK, pid=n + 1)


@case(BOTH)
def publisher_that_does_not_read_its_acknowledgements(t):
    # Its own matter: the broker goes on serving others.
    rude = t.open(client_id=t.id("rude"), receive_buffer=4096)
    rude.connect(keep_alive=0)
    rude.socket.settimeout(2)
    packets = b"".join(wire.publish(t.topic(), b"", 1, n + 1, version=t.version) for n in range(200))
    try:
        for _ in range(200):
            rude.socket.sendall(packets)
    except OSError:
        pass
    c = t.client()
    c.subscribe(t.topic("other"), qos=1)
    c.publish(t.topic("other"), "x", qos=1)
    c.receive(t.topic("other"), "x")


@case(BOTH)
def many_connections_come_and_go(t):
    for _ in range(5):
        crowd = [t.client(f"n{n}") for n in range(60)]
        for c in crowd:
            c.subscribe(t.topic(c.client_id))
        for n, c in enumerate(crowd):
            if n % 3 == 0:
                c.abort()
            elif n % 3 == 1:
                c.close()
            else:
                c.leave()
    t.client().ping()


@case(V5)
def takeover_storm(t):
    # One identifier, many claimants: one remains, and it works.
    storm = []
    for _ in range(40):
        c = t.open(client_id=t.id("one"))
        c.send(wire.connect(c.client_id, clean=False, props={"session_expiry": 60}))
        storm.append(c)
    deadline = time.monotonic() + WAIT
    standing = storm
    while len(standing) > 1 or standing and not standing[0].connack:
        require(time.monotonic() < deadline, f"{len(standing)} connections remain")
        standing = [c for c in standing if _stands(c)]
    equal(len(standing), 1, "connections that remain")
    standing[0].ping()
    standing[0].expect_nothing(2)
    standing[0].ping()


def _stands(client):
    """Whether it was not told yet that it is replaced; keeps its CONNACK."""
    try:
        while (packet := client.read(0.02)) is not None and packet.type != wire.DISCONNECT:
            equal((packet.type, packet.code, client.connack), (wire.CONNACK, 0, None), "answer")
            client.connack = packet
        return False
    except Timeout:
        return True


@case(BOTH, options=["--net.connections.max=20"], own=True)
def connections_beyond_the_limit_are_closed(t):
    kept = [t.client(f"n{n}") for n in range(15)]
    refused = 0
    for _ in range(20):
        c = t.open()
        c.try_send(wire.connect(t.id(f"x{refused}"), t.version))
        try:
            packet = c.read()
        except OSError:
            packet = None
        refused += packet is None or packet.code != 0
    require(refused >= 10, f"{refused} of 20 refused")
    for c in kept:
        c.ping()
