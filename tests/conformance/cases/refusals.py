"""What a publisher hears when no promise can be made, and how one is held that cannot be told."""

import time

from harness import wire
from harness.client import WAIT, Timeout, equal, require
from harness.registry import V3, V5, case

# A broker that can keep little for later. Each case fills it, so each has its own.
# What is held costs the same each time, so that what did not fit does not fit with the next draw.
SMALL = ["--bank.capacity=64KiB", "--bank.ttl.min=1h", "--bank.ttl.max=1h"]
MESSAGE = b"x" * 8192
MESSAGES_MAX = 100
# What has no answer for so long is held.
HELD_SECONDS = 4


def _away(t, topic):
    """A session that subscribes and leaves."""
    sub = t.keeper("away")
    sub.subscribe(topic, qos=1)
    sub.leave()


def _fill(t, topic):
    """Publishes to an away session until it is refused; the refusal, and how many were accepted."""
    pub = t.client("fills", version=wire.V5)
    for n in range(MESSAGES_MAX):
        pub.send(wire.publish(topic, MESSAGE, 1, n + 1))
        answer = pub.expect(wire.PUBACK, pid=n + 1)
        if answer.code != 0:
            return answer, n
    raise AssertionError(f"{MESSAGES_MAX} messages of {len(MESSAGE)} B accepted and never one refused")


def _publish_until_held(client, topic):
    """Publishes one after the other until there is no answer; the identifier that waits, and just before when it was sent."""
    for n in range(1, MESSAGES_MAX):
        sent = time.monotonic()
        client.send(wire.publish(topic, MESSAGE, 1, n, version=client.version))
        if not any(_is_acknowledged(client, n) for _ in range(HELD_SECONDS)):
            return n, sent
    raise AssertionError("never held")


def _is_acknowledged(client, pid):
    """Within a second; if not, its client shows that it is alive."""
    try:
        client.expect(wire.PUBACK, timeout=1, pid=pid)
        return True
    except Timeout:
        client.send(wire.pingreq())
    answer = client.read()
    if answer is not None and answer.type == wire.PUBACK:
        equal(answer.pid, pid, "what is acknowledged")
        client.expect(wire.PINGRESP)
        return True
    require(answer is not None and answer.type == wire.PINGRESP, f"{answer} to a ping")
    return False


def _checked(refusal):
    equal(refusal.code, 0x97, "code")
    require(refusal.props.get("reason_string"), f"no reason string: {refusal}")
    users = dict(refusal.props.get("user", []))
    require(users.get("retry-after", "").isdigit() and int(users["retry-after"]) > 0, f"no retry-after: {refusal}")


@case(V5, options=SMALL, own=True)
def a_refusal_says_why_and_when_to_try_again(t):
    _away(t, t.topic())
    refusal, _ = _fill(t, t.topic())
    _checked(refusal)
    again = t.client()
    again.send(wire.publish(t.topic(), MESSAGE, 2, 7))
    _checked(again.expect(wire.PUBREC, pid=7))


@case(V5, options=SMALL, own=True)
def a_refusal_keeps_to_what_its_client_takes(t):
    # [MQTT-3.1.2-29] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
    _away(t, t.topic())
    _fill(t, t.topic())
    for props in ({"request_problem": 0}, {"maximum_packet_size": 40}):
        pub = t.client(props=props)
        for kind, qos in ((wire.PUBACK, 1), (wire.PUBREC, 2)):
            pub.send(wire.publish(t.topic(), MESSAGE, qos, qos))
            refusal = pub.expect(kind, pid=qos)  # the client checks the rest
            equal(refusal.code, 0x97, "code")
            require("user" not in refusal.props, f"{refusal}")


@case(V3, options=SMALL + ["--bank.patience=60s"], own=True)
def a_held_publisher_is_promised_when_there_is_room(t):
    _away(t, t.topic())
    _, accepted = _fill(t, t.topic())
    live = t.client("live")
    live.subscribe(t.topic(), qos=0)
    pub = t.client("held")
    pub.subscribe(t.topic("other"), qos=1)
    pid, _ = _publish_until_held(pub, t.topic())
    accepted += pid - 1
    for _ in range(pid):
        live.receive(t.topic(), MESSAGE)
    pub.ping()
    t.client("else").publish(t.topic("other"), "live delivery goes on", qos=1)
    pub.receive(t.topic("other"), "live delivery goes on")
    sub = t.keeper("away")
    for _ in range(accepted + 1):
        sub.receive(t.topic(), MESSAGE)
    pub.expect(wire.PUBACK, pid=pid)
    live.expect_nothing()
    sub.expect_nothing()


@case(V3, options=SMALL + ["--bank.patience=8s"], own=True)
def a_held_publisher_is_disconnected_when_its_patience_is_over(t):
    # [MQTT-3.3.5-2 v3]
    _away(t, t.topic())
    _fill(t, t.topic())
    pub = t.client("held", keep_alive=2)  # which would end it a second before, did it count
    _, sent = _publish_until_held(pub, t.topic())
    pub.send(wire.publish(t.topic(), "waits behind it"), wire.pingreq())
    pub.expect_closed(timeout=WAIT)
    took = time.monotonic() - sent
    require(8 <= took <= 11, f"disconnected after {took:.1f} s")
