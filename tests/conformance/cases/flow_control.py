"""Receive Maximum in both directions: chapters 3.3.4 and 4.9."""

from harness import wire
from harness.client import equal
from harness.registry import V5, case


@case(V5)
def receive_maximum_of_the_client_holds(t):
    # [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-3.3.4-10] [MQTT-4.9.0-3]
    sub, pub = t.client(props={"receive_maximum": 3}), t.client()
    sub.subscribe(t.topic(), qos=1)
    for n in range(10):
        pub.send(wire.publish(t.topic(), f"{n}", 1, n + 1))
    open_ids = [sub.receive(t.topic(), f"{n}", answer=False).pid for n in range(3)]
    sub.expect_nothing()
    sub.ping()  # everything else is answered
    sub.subscribe(t.topic("other"))
    pub.publish(t.topic("other"), "qos 0 has no quota")
    sub.receive(t.topic("other"))
    for n in range(3, 10):
        sub.send(wire.ack(wire.PUBACK, open_ids.pop(0)))
        open_ids.append(sub.receive(t.topic(), f"{n}", answer=False).pid)
        if n in (3, 9):
            sub.expect_nothing()


@case(V5)
def receive_maximum_and_qos_2(t):
    # PUBREC frees nothing unless it refuses; PUBCOMP does.  [MQTT-3.3.4-9] [MQTT-4.9.0-2]
    sub, pub = t.client(props={"receive_maximum": 2}), t.client()
    sub.subscribe(t.topic(), qos=2)
    for n in range(4):
        pub.publish(t.topic(), f"{n}", qos=2)
    first, second = [sub.receive(payload=f"{n}", answer=False).pid for n in range(2)]
    sub.send(wire.ack(wire.PUBREC, first))
    sub.expect(wire.PUBREL, pid=first)
    sub.expect_nothing()
    sub.send(wire.ack(wire.PUBCOMP, first))
    sub.receive(payload="2", answer=False)
    sub.expect_nothing()
    sub.send(wire.ack(wire.PUBREC, second, 0x80))
    sub.receive(payload="3", answer=False)


@case(V5)
def receive_maximum_is_of_the_connection(t):
    # What is resent counts as well, and the new connection's value applies.  [MQTT-3.3.4-9] [MQTT-4.9.0-1]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    for n in range(5):
        pub.publish(t.topic(), f"{n}", qos=1)
    for n in range(5):
        sub.receive(payload=f"{n}", answer=False)
    sub.drop()
    sub = t.keeper(props={"receive_maximum": 2})
    for n in range(5):
        got = sub.receive(payload=f"{n}", answer=False, dup=True)
        if n == 1:
            sub.expect_nothing()
        if n >= 1:
            sub.send(wire.ack(wire.PUBACK, got.pid))


@case(V5, options=["--mqtt.receive.maximum=4"])
def receive_maximum_of_the_server_is_announced_and_guarded(t):
    # [MQTT-3.3.4-7]
    c = t.client()
    equal(c.connack.props.get("receive_maximum"), 4, "receive maximum")
    for pid in range(1, 5):
        c.send(wire.publish(t.topic(), "x", 2, pid))
        c.expect(wire.PUBREC, pid=pid)
    c.ping()
    c.send(wire.publish(t.topic(), "x", 2, 5))
    c.expect_refusal(0x93)


@case(V5, options=["--mqtt.receive.maximum=4"])
def receive_maximum_of_the_server_frees(t):
    # [MQTT-3.3.4-7]
    c = t.client()
    for n in range(30):
        c.publish(t.topic(), "x", qos=1 + n % 2)
    for pid in range(1, 30):  # a repetition of what is open needs no quota
        c.send(wire.publish(t.topic(), "x", 2, 1, dup=pid > 1))
        c.expect(wire.PUBREC, pid=1)
