"""DISCONNECT: chapter 3.14."""

from harness import wire
from harness.client import equal
from harness.registry import BOTH, EVERY, V5, case


@case(EVERY)
def server_closes_after_disconnect(t):
    # [MQTT-3.14.4-2]
    c = t.client()
    c.send(wire.disconnect(t.version))
    c.expect_closed()


@case(BOTH)
def packets_behind_disconnect_are_ignored(t):
    # [MQTT-3.14.4-1]
    watcher = t.client()
    watcher.subscribe(t.topic())
    c = t.client()
    c.send(wire.disconnect(t.version) + wire.publish(t.topic(), "no", version=t.version))
    watcher.expect_nothing()


@case(BOTH)
def reserved_bits_of_disconnect(t):
    # [MQTT-3.14.1-1] [MQTT-3.14.1-1 v3]
    watcher = t.client()
    watcher.subscribe(t.topic())
    c = t.client(will=wire.Will(t.topic(), "dead"))
    c.send(wire.disconnect(t.version, flags=1))
    c.expect_refusal(0x81)
    watcher.receive(t.topic(), "dead")  # it was no DISCONNECT, so the will stands


@case(V5)
def disconnect_forms(t):
    # Without a code, with a code, with a code and properties.  [MQTT-3.14.2-1] [MQTT-2.2.2-1]
    for packet in (wire.disconnect(), wire.disconnect(code=0), wire.disconnect(code=0, props={}), wire.disconnect(code=4),
                   wire.disconnect(code=0, props={"reason_string": "bye", "user": [("a", "b"), ("a", "c")]})):
        c = t.client()
        c.send(packet)
        c.expect_closed()


@case(V5)
def bad_disconnects(t):
    # [MQTT-3.14.2-1] [MQTT-4.13.1-1]
    for packet, codes in (
            (wire.disconnect(code=0, props=[("session_expiry", 1), ("session_expiry", 1)]), (0x82,)),
            (wire.disconnect(code=0, props={"receive_maximum": 1}), (0x81, 0x82)),
            (wire.disconnect(code=0x01), (0x81, 0x82)),
            (wire.frame(wire.DISCONNECT, 0, b"\0\x05\x11"), (0x81,))):
        c = t.client(props={"session_expiry": 10})
        c.send(packet)
        c.expect_refusal(*codes)


@case(V5)
def session_expiry_cannot_rise_from_zero(t):
    # A Protocol Error (3.14.2.2.2), answered as one.  [MQTT-4.13.1-1]
    c = t.client(props={"session_expiry": 0})
    c.send(wire.disconnect(code=0, props={"session_expiry": 60}))
    c.expect_refusal(0x82)
    equal(t.client(client_id=c.client_id, clean=False).connack.session_present, False, "session present")


@case(V5)
def disconnect_may_end_the_session(t):
    # [MQTT-4.1.0-2]
    c = t.keeper()
    c.leave(0, {"session_expiry": 0})
    equal(t.keeper().connack.session_present, False, "session present")


@case(V5)
def disconnect_may_shorten_the_session(t):
    # [MQTT-4.1.0-2]
    c = t.keeper()
    c.leave(0, {"session_expiry": 1})
    t.sleep(2.5)
    equal(t.keeper().connack.session_present, False, "session present")


@case(V5)
def disconnect_may_lengthen_the_session(t):
    # [MQTT-3.1.2-23]
    c = t.keeper(seconds=1)
    c.leave(0, {"session_expiry": 600})
    t.sleep(2.5)
    equal(t.keeper().connack.session_present, True, "session present")
