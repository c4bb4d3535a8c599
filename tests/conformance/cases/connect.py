"""CONNECT and CONNACK: chapters 3.1 and 3.2."""

import time

from harness import wire
from harness.client import Closed, Failure, Timeout, equal, require
from harness.registry import BOTH, EVERY, V3, V5, case

BAD_CONNECT = (0x81, 0x82)


def refused(client, *codes):
    """A CONNECT that breaks the rules: 5.0 names the reason in CONNACK, 3.1.1 closes without a CONNACK."""
    if client.version == wire.V5:
        return client.expect_connect_refused(*(codes or BAD_CONNECT))
    client.expect_closed()  # [MQTT-3.1.4-1 v3]
    return None


@case(EVERY)
def accepts_a_plain_connect(t):
    # [MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT-3.2.2-2] [MQTT-3.1.4-4 v3] [MQTT-3.2.0-1 v3] [MQTT-3.2.2-1 v3]
    # [MQTT-7.1.1-1 v3] [MQTT-7.0.0-2 v3] [MQTT-4.2-1]
    c = t.client()
    equal(c.connack.session_present, False, "session present")
    # Exactly one CONNACK: nothing else follows it.  [MQTT-3.2.0-2]
    c.ping()
    c.expect_nothing()


@case(EVERY)
def first_packet_must_be_connect(t):
    # [MQTT-3.1.0-1] [MQTT-3.1.0-1 v3]
    for first in (wire.pingreq(), wire.publish(t.topic(), "x", version=t.version), wire.disconnect(t.version),
                  wire.subscribe(1, [(t.topic(), 0)], t.version), wire.ack(wire.PUBACK, 1)):
        c = t.open()
        c.send(first)
        c.expect_closed()


@case(BOTH)
def says_nothing_before_connect(t):
    # [MQTT-3.2.0-1] [MQTT-3.2.0-1 v3] [MQTT-3.14.0-1]
    c = t.open(client_id=t.id())
    c.expect_nothing()
    c.connect()


@case(EVERY)
def second_connect_is_a_protocol_error(t):
    # [MQTT-3.1.0-2] [MQTT-3.1.0-2 v3] [MQTT-4.8.0-1 v3]
    c = t.client()
    c.send(wire.connect(c.client_id, t.version))
    c.expect_refusal(0x82)


@case(BOTH)
def wrong_protocol_name(t):
    # [MQTT-3.1.2-1] [MQTT-3.1.2-1 v3]
    for name in ("MQTX", "mqtt", "", "MQTTT"):
        c = t.open()
        c.send(wire.connect(t.id(), t.version, protocol=name))
        try:
            answer = c.read()
        except wire.WireError:
            answer = None  # refused in the form of another version
        if answer is not None:
            equal((answer.type, answer.code), (wire.CONNACK, 0x84 if t.v5 else 1), "answer to a wrong protocol name")


@case(V3)
def unsupported_level_is_answered_with_1(t):
    # [MQTT-3.1.2-2 v3] [MQTT-3.2.2-5 v3] [MQTT-3.2.2-4 v3]
    for level in (0, 1, 2):
        c = t.open()
        c.send(wire.connect(t.id(), level, protocol="MQTT"))
        c.expect_connect_refused(0x01)


@case(V5)
def unknown_version_is_refused(t):
    # [MQTT-3.1.2-2]
    for level in (6, 7, 127):
        c = t.open()
        c.send(wire.connect(t.id(), level, protocol="MQTT"))
        c.socket.settimeout(10)
        answer = b""
        while chunk := c.socket.recv(100):
            answer += chunk
        require(answer in (b"", b"\x20\x03\0\x84\0", b"\x20\x02\0\x01"), f"version {level} answered with {answer!r}")


@case(V3)
def protocol_name_and_level_must_agree(t):
    # [MQTT-3.1.2-1 v3]
    for name, level in (("MQIsdp", 4), ("MQTT", 3)):
        c = t.open()
        c.send(wire.connect(t.id(), level, protocol=name))
        answer = c.read()
        require(answer is None or answer.code == 1, f"{name} with level {level}: {answer}")


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


@case(BOTH)
def every_plain_client_id_is_allowed(t):
    # [MQTT-3.1.3-5] [MQTT-3.1.3-5 v3]
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    mark = str(t.version)
    for client_id in [mark] + [mark + letters[i:i + 22] for i in (0, 22, 40)]:
        t.client(client_id=client_id)


@case(EVERY)
def long_client_id(t):
    # More than the 23 bytes that every server must take.  [MQTT-3.1.3-5]
    t.client(client_id=t.id("x" * 100))


@case(BOTH)
def oversized_client_id_is_taken_or_refused_by_the_book(t):
    # [MQTT-3.1.3-8] [MQTT-3.1.3-9 v3] [MQTT-3.2.2-7] [MQTT-3.2.2-5 v3]
    c = t.open()
    c.send(wire.connect(t.id().ljust(65535, "x"), t.version))
    answer = c.expect(wire.CONNACK)
    if answer.code:
        equal(answer.code, 0x85 if t.v5 else 2, "code")
        c.expect_closed()


@case(BOTH)
def empty_client_id_gets_a_unique_one(t):
    # [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] [MQTT-3.1.3-6 v3]
    several = [t.client(client_id="") for _ in range(5)]
    if t.v5:
        given = [c.connack.props.get("assigned_client_id") for c in several]
        require(all(given) and len(set(given)) == 5, f"assigned identifiers {given}")
    for c in several:  # none took over another
        c.ping()


@case(V5)
def assigned_client_id_names_the_session(t):
    # [MQTT-3.1.3-7] [MQTT-3.1.3-2]
    c = t.client(client_id="", props={"session_expiry": 600})
    given = c.connack.props["assigned_client_id"]
    c.drop()
    again = t.client(client_id=given, clean=False, props={"session_expiry": 0})
    equal(again.connack.session_present, True, "session present")
    require("assigned_client_id" not in again.connack.props, "an identifier is assigned to a client that has one")


@case(V3)
def empty_client_id_needs_a_clean_session(t):
    # [MQTT-3.1.3-8 v3]
    c = t.open()
    c.send(wire.connect("", t.version, clean=False))
    c.expect_connect_refused(0x02)


@case(EVERY)
def same_client_id_takes_over(t):
    # [MQTT-3.1.4-3] [MQTT-3.1.4-2 v3] [MQTT-3.1.3-2] [MQTT-3.1.3-2 v3]
    old = t.client("same")
    new = t.client("same")
    old.expect_refusal(0x8E)
    new.ping()


@case(V5)
def takeover_across_versions(t):
    # [MQTT-3.1.4-3] [MQTT-3.1.4-2 v3]
    old = t.client("same")
    middle = t.client("same", version=wire.V311)
    old.expect_refusal(0x8E)
    new = t.client("same")
    middle.expect_closed()
    new.ping()


@case(BOTH)
def takeover_keeps_the_session(t):
    # [MQTT-3.1.2-5] [MQTT-3.1.2-4 v3] [MQTT-4.1.0-1]
    old = t.keeper("same")
    old.subscribe(t.topic(), qos=1)
    new = t.keeper("same")
    equal(new.connack.session_present, True, "session present")
    t.client().publish(t.topic(), "still subscribed", qos=1)
    new.receive(t.topic(), "still subscribed")


@case(V3)
def nothing_after_a_refused_connect_is_processed_3(t):
    # [MQTT-3.1.4-5 v3]
    watcher = t.client()
    watcher.subscribe(t.topic())
    c = t.open()
    c.send(wire.connect("", t.version, clean=False) + wire.publish(t.topic(), "no", version=t.version))
    c.expect_connect_refused(0x02)
    watcher.expect_nothing()


@case(V5)
def nothing_after_a_refused_connect_is_processed_5(t):
    # [MQTT-3.1.4-6] [MQTT-3.1.4-2] [MQTT-3.2.2-7]
    watcher = t.client()
    watcher.subscribe(t.topic())
    c = t.open()
    c.send(wire.connect(t.id(), props={"auth_method": "no such method"}) + wire.publish(t.topic(), "no"))
    c.expect_connect_refused(0x8C, 0x87)
    watcher.expect_nothing()


@case(EVERY)
def packets_may_follow_connect_at_once(t):
    # The client need not wait for CONNACK.  [MQTT-3.1.4-5] [MQTT-3.2.0-1]
    c = t.open()
    c.send(wire.connect(t.id(), t.version) + wire.subscribe(7, [(t.topic(), 0)], t.version)
           + wire.publish(t.topic(), "early", version=t.version) + wire.pingreq())
    c.expect(wire.CONNACK, code=0)
    c.expect_ack(wire.SUBACK, pid=7)
    c.expect_ack(wire.PINGRESP)
    c.receive(t.topic(), "early")


@case(EVERY)
def connect_may_arrive_byte_by_byte(t):
    # A stream has no packet boundaries.  [MQTT-4.2-1] [MQTT-7.1.1-1 v3]
    c = t.open()
    for byte in wire.connect(t.id(), t.version, username="u", password="p"):
        c.send(bytes([byte]))
    c.expect(wire.CONNACK, code=0)
    for byte in wire.subscribe(300, [(t.topic(), 1)], t.version):
        c.send(bytes([byte]))
    c.expect(wire.SUBACK, pid=300, codes=[1])


def connect_properties(props):
    return lambda t: wire.connect(t.id(), props=props)


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


@case(V5)
def response_information_only_on_request(t):
    # [MQTT-3.1.2-28]
    for props in (None, {"request_response": 0}):
        c = t.client(props=props)
        require("response_information" not in c.connack.props, f"unasked response information in {c.connack}")
    t.client(props={"request_response": 1})


@case(V5)
def problem_information_can_be_declined(t):
    # Refused requests without reason strings and user properties; the client checks every packet.  [MQTT-3.1.2-29]
    c = t.client(props={"request_problem": 0})
    c.send(wire.publish(t.topic(), b"\xff", qos=1, pid=1, props={"payload_format": 1}))
    c.expect(wire.PUBACK, pid=1, code=0x99)
    c.unsubscribe(t.topic("never"), code=0x11)
    c.send(wire.ack(wire.PUBREL, 99))
    c.expect(wire.PUBCOMP, pid=99, code=0x92)


@case(V5)
def small_packet_limit_holds_for_every_answer(t):
    # Reason strings and user properties give way to the client's limit; the client checks every packet.
    # [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.7.2-2] [MQTT-3.9.2-1]
    # [MQTT-3.11.2-1] [MQTT-3.14.2-3] [MQTT-3.1.2-24]
    c = t.client(props={"maximum_packet_size": 40})
    c.send(wire.publish("a", b"\xff", qos=1, pid=1, props={"payload_format": 1}))
    c.expect(wire.PUBACK, pid=1, code=0x99)
    c.send(wire.publish("a", b"\xff", qos=2, pid=1, props={"payload_format": 1}))
    c.expect(wire.PUBREC, pid=1, code=0x99)
    c.send(wire.ack(wire.PUBREL, 9))
    c.expect(wire.PUBCOMP, pid=9, code=0x92)
    c.unsubscribe(t.topic("never"), code=0x11)
    c.send(wire.connect(c.client_id))
    c.expect_refusal(0x82)


@case(EVERY)
def keep_alive_ends_a_silent_connection(t):
    # [MQTT-3.1.2-22] [MQTT-3.2.2-22] [MQTT-3.1.2-24 v3]
    c = t.client(keep_alive=1)
    began = time.monotonic()
    c.expect_refusal(0x8D)
    took = time.monotonic() - began
    require(1.3 <= took <= 6, f"closed after {took:.2f} s, not after 1.5 s")


@case(BOTH)
def keep_alive_counts_any_packet(t):
    # [MQTT-3.1.2-22] [MQTT-3.12.4-1] [MQTT-3.12.4-1 v3]
    c = t.client(keep_alive=1)
    for turn in range(6):
        t.sleep(0.6)
        if turn % 2:
            c.ping()
        else:
            c.publish(t.topic(), "alive", qos=1)


@case(BOTH)
def keep_alive_zero_is_no_keep_alive(t):
    # [MQTT-3.1.2-22]
    c = t.client(keep_alive=0)
    c.expect_nothing(2.5)
    c.ping()


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
        c = t.client(keep_alive=wish)
        equal(c.connack.props.get("server_keep_alive"), 2, f"server keep alive for {wish}")
    began = time.monotonic()
    c.expect_refusal(0x8D)
    require(2.5 <= time.monotonic() - began <= 9, f"closed after {time.monotonic() - began:.2f} s, not after 3 s")


@case(V5, options=["--mqtt.keepalive.max=2s"])
def shorter_keep_alive_is_left_alone(t):
    # [MQTT-3.2.2-22]
    c = t.client(keep_alive=1)
    require("server_keep_alive" not in c.connack.props, f"{c.connack}")


@case(EVERY, options=["--net.connect.timeout=1s"])
def connect_must_come_in_time(t):
    # A server must not wait for ever for what never comes (3.1.4: "a reasonable amount of time").
    for part in (b"", b"\x10", wire.connect(t.id(), t.version)[:-3]):
        c = t.open()
        c.send(part)
        began = time.monotonic()
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


@case(V3)
def session_present_is_told_in_3_1_1(t):
    # [MQTT-3.2.2-2 v3] [MQTT-3.2.2-3 v3]
    c = t.keeper()
    equal(c.connack.session_present, False, "session present of a new session")
    c.leave()
    equal(t.keeper().connack.session_present, True, "session present of an old session")


@case((wire.V31,))
def connack_of_3_1_has_no_session_present(t):
    # The byte is reserved in 3.1, where a client may refuse anything but 0.
    t.keeper().leave()
    c = t.open()
    c.send(wire.connect(t.id("k"), wire.V31, clean=False))
    equal(c.expect(wire.CONNACK).raw, b"\0\0", "CONNACK")


@case(EVERY)
def ping_is_answered(t):
    # [MQTT-3.12.4-1] [MQTT-3.12.4-1 v3]
    c = t.client()
    for _ in range(3):
        c.send(wire.pingreq())
        c.expect(wire.PINGRESP)
