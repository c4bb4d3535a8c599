"""What is sent again after a reconnect and what never is: chapters 4.3 and 4.4."""

from harness import wire
from harness.client import equal
from harness.registry import BOTH, V5, case


@case(BOTH)
def unacknowledged_qos_1_is_resent_on_reconnect(t):
    # [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3] [MQTT-3.3.1-1] [MQTT-3.3.1-1 v3] [MQTT-4.3.2-3] [MQTT-2.3.1-4 v3] [MQTT-4.3.2-1 v3]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    pub.publish(t.topic(), "again", qos=1)
    first = sub.receive(t.topic(), "again", answer=False, dup=False)
    sub.drop()
    sub = t.keeper()
    sub.receive(t.topic(), "again", pid=first.pid, dup=True, qos=1)
    sub.ping()  # the session has the acknowledgement, in whichever pod it is
    sub.drop()
    t.keeper().expect_nothing()  # acknowledged, so never again


@case(BOTH)
def unacknowledged_qos_2_is_resent_on_reconnect(t):
    # [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3] [MQTT-3.3.1-1] [MQTT-4.3.3-3] [MQTT-4.3.3-1 v3]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "again", qos=2)
    first = sub.receive(t.topic(), "again", answer=False, dup=False)
    sub.drop()
    sub = t.keeper()
    sub.receive(t.topic(), "again", pid=first.pid, dup=True, qos=2)
    sub.expect_nothing()


@case(BOTH)
def pubrel_is_resent_and_publish_is_not(t):
    # [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3] [MQTT-4.3.3-1 v3]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "once", qos=2)
    got = sub.receive(t.topic(), "once", answer=False)
    sub.send(wire.ack(wire.PUBREC, got.pid))
    sub.expect(wire.PUBREL, pid=got.pid)
    sub.drop()
    sub = t.keeper()
    sub.expect(wire.PUBREL, pid=got.pid)
    sub.send(wire.ack(wire.PUBCOMP, got.pid))
    sub.expect_nothing()
    sub.drop()
    t.keeper().expect_nothing()


@case(BOTH)
def resent_messages_keep_their_order(t):
    # [MQTT-4.6.0-1 v3] [MQTT-4.6.0-5] [MQTT-4.6.0-6 v3] [MQTT-4.4.0-1]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    for n in range(8):
        pub.publish(t.topic(), f"{n}", qos=1 + n % 2)
    firsts = [sub.receive(t.topic(), f"{n}", answer=False) for n in range(8)]
    sub.drop()
    sub = t.keeper()
    for n, first in enumerate(firsts):
        sub.receive(t.topic(), f"{n}", answer=False, dup=True, pid=first.pid, qos=1 + n % 2)


@case(BOTH)
def nothing_is_resent_while_connected(t):
    # [MQTT-4.4.0-1]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "a", qos=1)
    pub.publish(t.topic(), "b", qos=2)
    sub.receive(payload="a", answer=False)
    sub.receive(payload="b", answer=False)
    sub.expect_nothing(2.5)


@case(BOTH)
def inbound_qos_2_survives_a_reconnect(t):
    # [MQTT-4.3.3-10] [MQTT-4.3.3-2 v3] [MQTT-3.1.2-5] [MQTT-4.1.0-1 v3]
    sub = t.client()
    sub.subscribe(t.topic(), qos=2)
    pub = t.keeper()
    pub.send(wire.publish(t.topic(), "once", 2, 5, version=t.version))
    pub.expect(wire.PUBREC, pid=5)
    pub.drop()
    pub = t.keeper()
    pub.send(wire.publish(t.topic(), "once", 2, 5, dup=True, version=t.version))
    pub.expect(wire.PUBREC, pid=5)
    pub.send(wire.ack(wire.PUBREL, 5))
    pub.expect(wire.PUBCOMP, pid=5, code=0)
    pub.drop()
    pub = t.keeper()
    pub.send(wire.ack(wire.PUBREL, 5))
    pub.expect(wire.PUBCOMP, pid=5)
    sub.receive(t.topic(), "once")
    sub.expect_nothing()


@case(BOTH)
def clean_session_forgets_inbound_qos_2(t):
    # [MQTT-3.1.2-4] [MQTT-3.1.2-6 v3]
    sub = t.client()
    sub.subscribe(t.topic(), qos=2)
    pub = t.keeper()
    pub.send(wire.publish(t.topic(), "first", 2, 5, version=t.version))
    pub.expect(wire.PUBREC, pid=5)
    pub.drop()
    pub = t.keeper(clean=True)
    pub.send(wire.publish(t.topic(), "second", 2, 5, version=t.version))
    pub.expect(wire.PUBREC, pid=5, code=0)
    pub.send(wire.ack(wire.PUBREL, 5))
    pub.expect(wire.PUBCOMP, pid=5, code=0)
    got = sub.receive(t.topic())
    if got.payload == b"first":  # a server may deliver at once or wait for PUBREL
        got = sub.receive(t.topic())
    equal(got.payload, b"second", "the message of the new session")


@case(V5)
def negative_acknowledgement_ends_the_exchange(t):
    # [MQTT-4.4.0-2] [MQTT-4.3.3-4]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "a", qos=1)
    pub.publish(t.topic(), "b", qos=2)
    sub.send(wire.ack(wire.PUBACK, sub.receive(payload="a", answer=False).pid, 0x80))
    sub.send(wire.ack(wire.PUBREC, sub.receive(payload="b", answer=False).pid, 0x83))
    sub.expect_nothing()  # no PUBREL either
    sub.drop()
    t.keeper().expect_nothing()
