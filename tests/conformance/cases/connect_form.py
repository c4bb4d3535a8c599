"""CONNECT packets well and ill formed: chapters 3.1.1 to 3.1.3."""

from harness import wire
from harness.client import require
from harness.registry import BOTH, V3, V5, case

BAD_CONNECT = (0x81, 0x82)


def refused(client, *codes):
    """A CONNECT that breaks the rules: 5.0 names the reason in CONNACK, 3.1.1 closes without a CONNACK."""
    if client.version == wire.V5:
        return client.expect_connect_refused(*(codes or BAD_CONNECT))
    client.expect_closed()  # [MQTT-3.1.4-1 v3]
    return None


@case(BOTH)
def reserved_connect_flag(t):
    # [MQTT-3.1.2-3] [MQTT-3.1.2-3 v3] [MQTT-3.1.4-1]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, flags=0x03))
    refused(c, 0x81)


@case(BOTH)
def reserved_header_bits_of_connect(t):
    # [MQTT-2.1.3-1] [MQTT-2.2.2-1 v3] [MQTT-2.2.2-2 v3]
    for bits in (1, 2, 8):
        c = t.open()
        c.send(wire.connect(t.id(), t.version, header=bits))
        try:
            answer = c.read()
        except wire.WireError:
            answer = None
        require(answer is None or answer.code == 0x81, f"header bits {bits} answered with {answer}")


@case(BOTH)
def will_qos_without_will(t):
    # [MQTT-3.1.2-11] [MQTT-3.1.2-11 v3] [MQTT-3.1.2-13 v3]
    for qos in (1, 2):
        c = t.open()
        c.send(wire.connect(t.id(), t.version, flags=0x02 | qos << 3))
        refused(c)


@case(BOTH)
def will_retain_without_will(t):
    # [MQTT-3.1.2-13] [MQTT-3.1.2-15 v3] [MQTT-3.1.2-11 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, flags=0x22))
    refused(c)


@case(BOTH)
def will_qos_3(t):
    # [MQTT-3.1.2-12] [MQTT-3.1.2-14 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, will=wire.Will(t.topic(), qos=3)))
    refused(c)


@case(BOTH)
def will_flag_without_will_fields(t):
    # [MQTT-3.1.2-9] [MQTT-3.1.2-9 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, flags=0x06))
    refused(c)


@case(BOTH)
def will_fields_without_will_flag(t):
    # [MQTT-3.1.2-11 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, will=wire.Will(t.topic()), flags=0x02))
    refused(c)


@case(BOTH)
def user_name_flag_without_user_name(t):
    # [MQTT-3.1.2-17] [MQTT-3.1.2-19 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, flags=0x82))
    refused(c)


@case(BOTH)
def user_name_without_its_flag(t):
    # [MQTT-3.1.2-16] [MQTT-3.1.2-18 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, username="u", flags=0x02))
    refused(c)


@case(BOTH)
def password_flag_without_password(t):
    # [MQTT-3.1.2-19] [MQTT-3.1.2-21 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, username="u", flags=0xC2))
    refused(c)


@case(BOTH)
def password_without_its_flag(t):
    # [MQTT-3.1.2-18] [MQTT-3.1.2-20 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, username="u", password="p", flags=0x82))
    refused(c)


@case(V3)
def password_needs_a_user_name_in_3_1_1(t):
    # [MQTT-3.1.2-22 v3]
    c = t.open()
    c.send(wire.connect(t.id(), t.version, password="p"))
    refused(c)


@case(V5)
def password_alone_is_well_formed_in_5(t):
    # [MQTT-3.1.2-16]
    t.client(password="p")


@case(BOTH)
def all_payload_fields_in_their_order(t):
    # [MQTT-3.1.3-1] [MQTT-3.1.3-1 v3] [MQTT-3.1.2-9] [MQTT-3.1.2-17] [MQTT-3.1.2-19]
    watcher = t.client()
    watcher.subscribe(t.topic("will"))
    c = t.client(will=wire.Will(t.topic("will"), b"\x00\xff last words"), username="user", password=b"\x00\xff")
    c.close()
    watcher.receive(t.topic("will"), b"\x00\xff last words")


@case(BOTH)
def client_id_must_be_present(t):
    # [MQTT-3.1.3-3] [MQTT-3.1.3-3 v3]
    body = wire.binary("MQTT") + bytes([t.version, 2, 0, 60]) + (b"\0" if t.v5 else b"")
    c = t.open()
    c.send(wire.frame(wire.CONNECT, 0, body))
    refused(c)


ILL_FORMED = (b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"a\0b")


@case(BOTH)
def ill_formed_client_id(t):
    # [MQTT-3.1.3-4] [MQTT-3.1.3-4 v3] [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.3-1 v3] [MQTT-1.5.3-2 v3]
    for text in ILL_FORMED:
        c = t.open()
        c.send(wire.connect(text, t.version))
        refused(c, 0x81, 0x82, 0x85)


@case(BOTH)
def ill_formed_will_topic(t):
    # [MQTT-3.1.3-11] [MQTT-3.1.3-10 v3] [MQTT-1.5.4-1] [MQTT-1.5.3-1 v3]
    for text in ILL_FORMED:
        c = t.open()
        c.send(wire.connect(t.id(), t.version, will=wire.Will(text)))
        refused(c, 0x81, 0x82, 0x90)


@case(BOTH)
def will_topic_with_wildcard(t):
    # [MQTT-4.7.0-1] [MQTT-4.7.1-1 v3] [MQTT-3.1.4-1]
    for topic in (t.topic("#"), t.topic("+/a"), ""):
        c = t.open()
        c.send(wire.connect(t.id(), t.version, will=wire.Will(topic)))
        refused(c, 0x81, 0x82, 0x90)


@case(BOTH)
def ill_formed_user_name(t):
    # [MQTT-3.1.3-12] [MQTT-3.1.3-11 v3] [MQTT-1.5.4-2] [MQTT-1.5.3-2 v3]
    for text in ILL_FORMED:
        c = t.open()
        c.send(wire.connect(t.id(), t.version, username=text))
        refused(c)


@case(V5)
def repeated_connect_properties(t):
    # [MQTT-3.1.4-1] [MQTT-4.13.1-1] [MQTT-4.13.2-1]
    for name, value in (("session_expiry", 1), ("receive_maximum", 5), ("maximum_packet_size", 1000),
                        ("topic_alias_maximum", 1), ("request_response", 0), ("request_problem", 1),
                        ("auth_method", "x")):
        c = t.open()
        c.send(wire.connect(t.id(), props=[(name, value), (name, value)]))
        c.expect_connect_refused(0x82)


@case(V5)
def connect_properties_out_of_range(t):
    # [MQTT-3.1.4-1] [MQTT-4.13.1-1]
    for name, value in (("receive_maximum", 0), ("maximum_packet_size", 0), ("request_response", 2),
                        ("request_problem", 2)):
        c = t.open()
        c.send(wire.connect(t.id(), props={name: value}))
        c.expect_connect_refused(0x82)


@case(V5)
def auth_data_needs_a_method(t):
    # [MQTT-3.1.4-1]
    c = t.open()
    c.send(wire.connect(t.id(), props={"auth_data": b"x"}))
    c.expect_connect_refused(0x82)


@case(V5)
def foreign_and_unknown_connect_properties(t):
    # [MQTT-3.1.4-1] [MQTT-2.2.2-1]
    for section in (wire.prop("topic_alias", 1), wire.prop("will_delay", 1), wire.prop("subscription_id", 1), b"\x7f\x01",
                    b"\x11\x00", b"\x80\x01\x00"):
        c = t.open()
        c.send(wire.connect(t.id(), props=section))
        c.expect_connect_refused(0x81, 0x82)


@case(V5)
def property_length_beyond_the_packet(t):
    # [MQTT-3.1.4-1]
    body = wire.binary("MQTT") + bytes([5, 2, 0, 60]) + wire.varint(200) + wire.binary(t.id())
    c = t.open()
    c.send(wire.frame(wire.CONNECT, 0, body))
    c.expect_connect_refused(0x81)


@case(V5)
def bad_will_properties(t):
    # [MQTT-3.1.4-1]
    for props, codes in (([("will_delay", 1), ("will_delay", 1)], (0x82,)), ({"payload_format": 2}, (0x81, 0x82)),
                         ({"topic_alias": 1}, (0x81, 0x82)), ({"response_topic": "a/#"}, (0x81, 0x82)),
                         ({"session_expiry": 1}, (0x81, 0x82))):
        c = t.open()
        c.send(wire.connect(t.id(), will=wire.Will(t.topic(), props=props)))
        c.expect_connect_refused(*codes)


@case(V5)
def user_properties_in_connect_are_fine(t):
    # [MQTT-1.5.7-1]
    t.client(props={"user": [("a", "1"), ("a", "2"), ("", "")]})
    c = t.open()
    c.send(wire.connect(t.id("bad"), props={"user": [(b"a", b"\xff")]}))
    c.expect_connect_refused(0x81)
