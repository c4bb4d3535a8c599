"""Packets that break the rules of chapters 1.5, 2 and 4.13: each ends its own connection and nothing else."""

import random

from harness import wire
from harness.client import equal, require
from harness.registry import BOTH, EVERY, V3, V5, case

MALFORMED, PROTOCOL = 0x81, 0x82


def refuse_each(t, packets, *codes):
    for packet in packets:
        c = t.client()
        c.try_send(packet)
        try:
            c.expect_refusal(*codes)
        except Exception as error:
            raise type(error)(f"{packet[:40].hex(' ')}: {error}") from None


@case(EVERY)
def reserved_packet_types(t):
    # [MQTT-4.13.1-1] [MQTT-4.8.0-1 v3] [MQTT-2.1.3-1] [MQTT-2.2.2-2 v3]
    refuse_each(t, [b"\x00\x00"] + ([] if t.v5 else [b"\xf0\x00"]), MALFORMED, PROTOCOL)


@case(EVERY)
def packets_that_only_a_server_sends(t):
    # [MQTT-4.13.1-1] [MQTT-4.8.0-1 v3]
    refuse_each(t, [b"\x20\x02\0\0" if not t.v5 else b"\x20\x03\0\0\0", b"\x90\x03\0\1\0" if not t.v5 else b"\x90\x04\0\1\0\0",
                    b"\xb0\x02\0\1" if not t.v5 else b"\xb0\x04\0\1\0\0", b"\xd0\x00"], MALFORMED, PROTOCOL)


@case(BOTH)
def header_bits(t):
    # [MQTT-2.1.3-1] [MQTT-2.2.2-1 v3] [MQTT-2.2.2-2 v3] [MQTT-3.6.1-1] [MQTT-3.6.1-1 v3] [MQTT-3.14.1-1] [MQTT-3.14.1-1 v3]
    packets = [wire.pingreq(1), wire.pingreq(8), wire.disconnect(t.version, flags=2)]
    packets += [wire.ack(kind, 1, flags=flags) for kind in (wire.PUBACK, wire.PUBREC, wire.PUBCOMP) for flags in (1, 2, 8)]
    packets += [wire.ack(wire.PUBREL, 1, flags=flags) for flags in (0, 1, 3, 6, 10, 15)]
    refuse_each(t, packets, MALFORMED)


@case(EVERY)
def remaining_length_of_five_bytes(t):
    # [MQTT-1.5.5-1] [MQTT-4.13.1-1]
    refuse_each(t, [b"\x30\xff\xff\xff\xff\x01", b"\xc0\x80\x80\x80\x80\x00"], MALFORMED)


@case(V5)
def lengths_not_in_their_shortest_form(t):
    # [MQTT-1.5.5-1]
    body = wire.binary(t.topic()) + b"\x80\x00" + b"x"
    refuse_each(t, [wire.frame(wire.PUBLISH, 0, body), b"\xc0\x80\x00",
                    wire.frame(wire.SUBSCRIBE, 2, b"\0\1\x80\x00" + wire.binary(t.topic()) + b"\0")], MALFORMED)


@case(BOTH)
def bodies_of_the_wrong_length(t):
    # [MQTT-4.13.1-1] [MQTT-4.8.0-1 v3]
    packets = [wire.frame(wire.PINGREQ, 0, b"x"), wire.frame(wire.PUBACK, 0, b""), wire.frame(wire.PUBACK, 0, b"\0"),
               wire.frame(wire.PUBREC, 0, b"\0"), wire.frame(wire.PUBREL, 2, b"\1"), wire.frame(wire.PUBCOMP, 0, b""),
               wire.frame(wire.PUBLISH, 0, b""), wire.frame(wire.PUBLISH, 0, b"\0"),
               wire.frame(wire.PUBLISH, 0, b"\0\x09abc"), wire.frame(wire.PUBLISH, 2, b"\0\1a"),
               wire.frame(wire.PUBLISH, 2, b"\0\1a\0"), wire.frame(wire.SUBSCRIBE, 2, b"\0"),
               wire.frame(wire.SUBSCRIBE, 2, b"\0\1" + (b"\0" if t.v5 else b"") + b"\0\x03a"),
               wire.frame(wire.SUBSCRIBE, 2, b"\0\1" + (b"\0" if t.v5 else b"") + b"\0\x01a"),
               wire.frame(wire.UNSUBSCRIBE, 2, b"\0\1" + (b"\0" if t.v5 else b"") + b"\0\x05a")]
    if not t.v5:
        packets += [wire.frame(wire.PUBACK, 0, b"\0\1\0"), wire.frame(wire.PUBREL, 2, b"\0\1\0\0"),
                    wire.frame(wire.DISCONNECT, 0, b"\0")]
    refuse_each(t, packets, MALFORMED)


@case(V5)
def property_sections_at_fault(t):
    # [MQTT-2.2.2-1] [MQTT-4.13.1-1]
    head = wire.binary(t.topic())
    refuse_each(t, [
        wire.frame(wire.PUBLISH, 0, head + b"\x05\x01\x01"),            # longer than the packet
        wire.frame(wire.PUBLISH, 0, head),                              # no length at all
        wire.frame(wire.PUBLISH, 0, head + b"\x01\x01"),                # ends inside a property
        wire.frame(wire.PUBLISH, 0, head + b"\x02\x7f\x00"),            # unknown identifier
        wire.frame(wire.PUBLISH, 0, head + b"\x03\x80\x80\x80"),        # identifier without end
        wire.frame(wire.SUBSCRIBE, 2, b"\0\1\x02\x0b\x80" + wire.binary("a") + b"\0"),
        wire.frame(wire.PUBACK, 0, b"\0\1\0\x05\x1f\0\1"),
    ], MALFORMED)


@case(V5)
def properties_where_they_do_not_belong(t):
    # [MQTT-4.13.1-1]
    refuse_each(t, [wire.subscribe(1, [(t.topic(), 0)], props={"topic_alias": 1}),
                    wire.unsubscribe(1, [t.topic()], props={"subscription_id": 1}),
                    wire.ack(wire.PUBACK, 1, 0, {"content_type": "x"}),
                    wire.publish(t.topic(), props={"reason_string": "x"}),
                    wire.disconnect(code=0, props={"topic_alias": 1})], MALFORMED, PROTOCOL)


@case(V5)
def reason_codes_that_do_not_exist(t):
    # [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-4.13.1-1]
    refuse_each(t, [wire.ack(wire.PUBACK, 1, 0x01), wire.ack(wire.PUBREC, 1, 0x92), wire.ack(wire.PUBREL, 1, 0x80),
                    wire.ack(wire.PUBCOMP, 1, 0x10)], MALFORMED, PROTOCOL)


@case(V5)
def repeated_properties(t):
    # [MQTT-4.13.1-1]
    refuse_each(t, [wire.ack(wire.PUBACK, 1, 0, [("reason_string", "a"), ("reason_string", "b")]),
                    wire.disconnect(code=0, props=[("reason_string", "a"), ("reason_string", "b")])], PROTOCOL)


@case(BOTH)
def other_clients_notice_nothing(t):
    # [MQTT-4.13.2-1] [MQTT-4.8.0-1 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=1)
    for n in range(20):
        bad = t.client()
        bad.send(wire.publish(t.topic(), f"{n}", 1, 1, version=t.version) + b"\x00\x00")
        sub.receive(t.topic(), f"{n}")  # what came before the fault counts
        pub.publish(t.topic(), "fine", qos=1)
        sub.receive(t.topic(), "fine")


@case(BOTH)
def fault_is_answered_and_nothing_behind_it_processed(t):
    # [MQTT-4.13.1-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2]
    sub = t.client()
    sub.subscribe(t.topic())
    c = t.client()
    c.send(b"\x00\x00" + wire.publish(t.topic(), "behind", version=t.version))
    c.expect_refusal(MALFORMED, PROTOCOL)
    sub.expect_nothing()


@case(V5, own=True)
def noise_does_not_hurt(t):
    # Nothing a client sends makes the broker crash or serve others badly.
    rng = random.Random(5)
    good = [wire.connect(t.id("n"), v) for v in (3, 4, 5)] + [
        wire.publish("a/b", b"x" * 50, 1, 7, props={"user": [("a", "b")], "topic_alias": 1}),
        wire.subscribe(3, [("a/+", 1), ("$share/g/a", 2)], props={"subscription_id": 9}), wire.unsubscribe(4, ["a/+"]),
        wire.ack(wire.PUBACK, 1), wire.ack(wire.PUBREL, 7, 0, {}), wire.pingreq(), wire.disconnect(), wire.auth(0x18, {"auth_method": "x"})]
    for turn in range(400):
        c = t.open()
        stream = bytearray(b"".join([rng.choice(good[:3]) if turn % 4 else b""] + [rng.choice(good) for _ in range(5)]))
        for _ in range(rng.randrange(0, 8)):
            stream[rng.randrange(len(stream))] = rng.randrange(256)
        c.try_send(bytes(stream) if turn % 5 else rng.randbytes(200))
        c.close()
    require(t.broker.running(), f"the broker ended:\n{t.broker.log()}")
    c = t.client()
    c.subscribe(t.topic(), qos=2)
    c.publish(t.topic(), "alive", qos=2)
    c.receive(t.topic(), "alive")


@case(EVERY)
def stream_may_be_cut_anywhere(t):
    # [MQTT-4.2-1] [MQTT-7.1.1-1 v3]
    stream = (wire.connect(t.id(), t.version) + wire.subscribe(1, [(t.topic(), 1)], t.version)
              + b"".join(wire.publish(t.topic(), f"{n}" * 40, 1, n + 1, version=t.version) for n in range(5)) + wire.pingreq())
    rng = random.Random(t.version)
    for _ in range(10):
        c = t.open()
        cuts = sorted(rng.randrange(len(stream)) for _ in range(6))
        for a, b in zip([0] + cuts, cuts + [len(stream)]):
            c.send(stream[a:b])
        c.expect(wire.CONNACK)
        c.expect(wire.SUBACK, pid=1)
        acks, got = [], []
        while len(acks) < 6 or len(got) < 5:
            packet = c.read()
            if packet.type == wire.PUBLISH:
                got.append(packet.payload)
            else:
                acks.append(packet.type)
        equal(got, [f"{n}".encode() * 40 for n in range(5)], "messages")
        c.leave()


@case(V3)
def control_characters_in_strings_are_no_fault(t):
    # Discouraged, not forbidden; refusing them is allowed as well, crashing is not.  [MQTT-1.5.3-1 v3]
    c = t.client()
    c.send(wire.publish(t.topic("\x01\x7f\u0080"), "x", version=t.version))
    try:
        c.ping()
    except Exception:
        pass
    t.client().ping()
