"""Enhanced authentication as far as an unconfigured server shows it: chapters 3.15 and 4.12."""

from harness import wire
from harness.client import require
from harness.registry import V3, V5, case


@case(V5)
def unknown_method_is_refused(t):
    # [MQTT-4.12.0-1] [MQTT-4.12.0-4] [MQTT-3.2.2-6] [MQTT-3.2.2-7] [MQTT-4.13.2-1]
    for props in ({"auth_method": "no such method"}, {"auth_method": "", "auth_data": b""},
                  {"auth_method": "SCRAM-SHA-999", "auth_data": b"n,,n=user"}):
        c = t.open()
        c.send(wire.connect(t.id(), props=props))
        c.expect_connect_refused(0x8C)


@case(V5)
def no_method_no_auth(t):
    # [MQTT-4.12.0-6]
    c = t.client()
    require(not c.connack.props.keys() & {"auth_method", "auth_data"}, f"{c.connack}")
    c.expect_nothing()


@case(V5)
def auth_without_a_method_in_connect(t):
    # [MQTT-4.12.0-7] [MQTT-4.12.1-1] [MQTT-4.12.1-2]
    for packet in (wire.auth(), wire.auth(0x18, {"auth_method": "x"}), wire.auth(0x19, {"auth_method": "x"}),
                   wire.auth(0x00)):
        c = t.client()
        c.send(packet)
        c.expect_refusal(0x82)


@case(V5)
def ill_formed_auth(t):
    # [MQTT-3.15.1-1] [MQTT-3.15.2-1]
    for packet in (wire.auth(0x18, {"auth_method": "x"}, flags=1), wire.auth(0x18, {"auth_method": "x"}, flags=8),
                   wire.auth(0x55, {"auth_method": "x"}), wire.auth(0x18, {"topic_alias": 1})):
        c = t.client()
        c.send(packet)
        c.expect_refusal(0x81, 0x82)


@case(V5)
def auth_before_connect(t):
    # [MQTT-3.1.0-1]
    c = t.open()
    c.send(wire.auth(0x18, {"auth_method": "x"}))
    c.expect_closed()


@case(V3)
def auth_does_not_exist_in_3_1_1(t):
    # [MQTT-4.8.0-1 v3]
    c = t.client()
    c.send(wire.auth(0x18, {"auth_method": "x"}))
    c.expect_closed()


@case(V5, options=["--auth.anonymous=refuse"])
def anonymous_clients_can_be_refused(t):
    # [MQTT-3.1.4-2] [MQTT-3.2.2-7]
    c = t.open()
    c.send(wire.connect(t.id()))
    c.expect_connect_refused(0x87, 0x86)


@case(V3, options=["--auth.anonymous=refuse"])
def anonymous_3_1_1_clients_can_be_refused(t):
    # [MQTT-3.2.2-5 v3] [MQTT-3.2.2-4 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version))
    c.expect_connect_refused(5, 4)
