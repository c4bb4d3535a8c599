"""What takes too long: keep alive, a CONNECT that does not come, half a packet. Chapters 3.1.2.10 and 3.12."""

import time

from harness import wire
from harness.client import Failure, Timeout, equal, require
from harness.registry import BOTH, EVERY, V5, case


@case(EVERY)
def keep_alive_ends_a_silent_connection(t):
    # [MQTT-3.1.2-22] [MQTT-3.2.2-22] [MQTT-3.1.2-24 v3]
    before = time.monotonic()
    c = t.client(keep_alive=1)
    connected = time.monotonic()
    c.expect_refusal(0x8D)
    closed = time.monotonic()
    require(1.3 <= closed - before and closed - connected <= 6, f"closed after {closed - connected:.2f} s, not after 1.5 s")


@case(BOTH)
def keep_alive_counts_any_packet(t):
    # [MQTT-3.1.2-22] [MQTT-3.12.4-1] [MQTT-3.12.4-1 v3]
    c = t.client(keep_alive=3)
    for turn in range(6):
        t.sleep(1.8)
        if turn < 3:  # neither kind could do without the other for so long
            c.publish(t.topic(), "alive", qos=1)
        else:
            c.ping()


@case(BOTH)
def keep_alive_zero_is_no_keep_alive(t):
    # [MQTT-3.1.2-22] and the session lasts as long as the connection does  [MQTT-4.1.0-2 v3] [MQTT-4.1.0-1]
    c = t.client(keep_alive=0)
    c.subscribe(t.topic())
    c.expect_nothing(2.5)
    c.publish(t.topic(), "still here")
    c.receive(t.topic(), "still here")


@case(BOTH)
def sending_to_a_client_does_not_keep_it_alive(t):
    # Only what the server receives counts.  [MQTT-3.1.2-22] [MQTT-3.1.2-24 v3]
    c = t.client(keep_alive=1)
    c.subscribe(t.topic())
    began = time.monotonic()
    sender = t.client()
    try:
        while time.monotonic() - began < 6:
            sender.publish(t.topic(), "x")
            t.sleep(0.2)
            while True:
                packet = c.read(0.01)
                if packet is None or packet.type == wire.DISCONNECT:
                    return
    except Timeout:
        pass
    while time.monotonic() - began < 8:
        sender.publish(t.topic(), "x")
        try:
            packet = c.read(0.3)
        except Timeout:
            continue
        if packet is None or packet.type == wire.DISCONNECT:
            return
    raise Failure("the silent client is still served")


@case(V5, options=["--mqtt.keepalive.max=2s"])
def server_keep_alive_is_announced_and_used(t):
    # [MQTT-3.1.2-22] [MQTT-3.2.2-22]
    for wish in (600, 0):
        before = time.monotonic()
        c = t.client(keep_alive=wish)
        equal(c.connack.props.get("server_keep_alive"), 2, f"server keep alive for {wish}")
    connected = time.monotonic()
    c.expect_refusal(0x8D)
    closed = time.monotonic()
    require(2.5 <= closed - before and closed - connected <= 9, f"closed after {closed - connected:.2f} s, not after 3 s")


@case(V5, options=["--mqtt.keepalive.max=2s"])
def shorter_keep_alive_is_left_alone(t):
    # [MQTT-3.2.2-22]
    c = t.client(keep_alive=1)
    require("server_keep_alive" not in c.connack.props, f"{c.connack}")


@case(EVERY, options=["--net.connect.timeout=1s"])
def connect_must_come_in_time(t):
    # A server must not wait for ever for what never comes (3.1.4: "a reasonable amount of time").
    for part in (b"", b"\x10", wire.connect(t.id(), t.version)[:-3]):
        began = time.monotonic()
        c = t.open()
        c.send(part)
        c.expect_closed()
        require(time.monotonic() - began > 0.5, "closed too early")


@case(V5, options=["--net.connect.timeout=1s"])
def dribbling_a_connect_gains_no_time(t):
    # Each byte restarts nothing: the whole CONNECT has one deadline.
    c = t.open()
    began = time.monotonic()
    try:
        for byte in wire.connect(t.id(), username="u" * 100):
            c.send(bytes([byte]))
            t.sleep(0.1)
    except OSError:
        pass
    require(time.monotonic() - began < 8, "a CONNECT that takes 10 s was waited for")


@case(EVERY, options=["--net.packet.timeout=1s"])
def half_packet_has_a_limit(t):
    c = t.client(keep_alive=0)
    c.send(wire.publish(t.topic(), "x" * 1000, version=t.version)[:500])
    answer = c.read()
    if answer is not None:
        require(answer.type == wire.DISCONNECT and t.v5, f"{answer}")
        c.expect_closed()


@case(EVERY)
def ping_is_answered(t):
    # [MQTT-3.12.4-1] [MQTT-3.12.4-1 v3]
    c = t.client()
    for _ in range(3):
        c.send(wire.pingreq())
        c.expect(wire.PINGRESP)
