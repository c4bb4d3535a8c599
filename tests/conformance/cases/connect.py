"""CONNECT and CONNACK, client identifiers and takeover: chapters 3.1 and 3.2."""

from harness import wire
from harness.client import equal, require
from harness.registry import BOTH, EVERY, V3, V5, case


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
