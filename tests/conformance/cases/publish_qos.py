"""PUBLISH and its acknowledgements: chapters 3.3 to 3.7 and 4.3."""

from harness import wire
from harness.client import require
from harness.registry import BOTH, EVERY, V5, case


# ---------------------------------------------------------------- the three exchanges

@case(EVERY)
def qos_0_is_delivered(t):
    # [MQTT-4.3.1-1] [MQTT-4.3.1-1 v3] [MQTT-3.3.4-1] [MQTT-3.3.4-1 v3] [MQTT-3.3.2-3] [MQTT-3.3.2-3 v3]
    # [MQTT-2.2.1-2] [MQTT-2.3.1-5 v3] [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3] [MQTT-3.3.2-1] [MQTT-3.3.2-1 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic())
    pub.publish(t.topic(), b"\x00\x01\xff payload")
    sub.receive(t.topic(), b"\x00\x01\xff payload", qos=0, dup=False, retain=False)
    pub.ping()
    pub.expect_nothing()  # no acknowledgement


@case(EVERY)
def qos_1_exchange(t):
    # [MQTT-2.2.1-5] [MQTT-2.3.1-6 v3] [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-4] [MQTT-4.3.2-1 v3] [MQTT-4.3.2-2 v3]
    # [MQTT-3.3.4-1] [MQTT-3.3.4-1 v3] [MQTT-2.2.1-4] [MQTT-3.4.2-1] [MQTT-4.5.0-1] [MQTT-4.5.0-1 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=1)
    pub.send(wire.publish(t.topic(), "one", 1, 4711, version=t.version))
    got = sub.expect(wire.PUBLISH, topic=t.topic(), payload="one", qos=1, dup=False)
    sub.send(wire.ack(wire.PUBACK, got.pid))
    pub.expect(wire.PUBACK, pid=4711, code=0)
    sub.expect_nothing()


@case(EVERY)
def qos_2_exchange(t):
    # [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-4.3.3-1 v3] [MQTT-4.3.3-2 v3]
    # [MQTT-2.2.1-5] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.3.4-1] [MQTT-3.3.4-1 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.send(wire.publish(t.topic(), "two", 2, 65535, version=t.version))
    pub.expect(wire.PUBREC, pid=65535, code=0)
    pub.send(wire.ack(wire.PUBREL, 65535))
    pub.expect(wire.PUBCOMP, pid=65535, code=0)
    got = sub.expect(wire.PUBLISH, topic=t.topic(), payload="two", qos=2, dup=False)
    sub.send(wire.ack(wire.PUBREC, got.pid))
    sub.expect(wire.PUBREL, pid=got.pid, code=0)
    sub.send(wire.ack(wire.PUBCOMP, got.pid))
    sub.expect_nothing()


@case(V5)
def acknowledgements_with_codes_and_properties(t):
    # Every form a client may send is understood: with a code, with properties, with a 0x10.
    # [MQTT-4.3.3-4] [MQTT-2.2.2-1]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "a", qos=1)
    got = sub.expect(wire.PUBLISH)
    sub.send(wire.ack(wire.PUBACK, got.pid, 0x10, {"reason_string": "nobody", "user": [("k", "v"), ("k", "w")]}))
    pub.publish(t.topic(), "b", qos=2)
    got = sub.expect(wire.PUBLISH)
    sub.send(wire.ack(wire.PUBREC, got.pid, 0x00, {}))
    sub.expect(wire.PUBREL, pid=got.pid, code=0)
    sub.send(wire.ack(wire.PUBCOMP, got.pid, 0x00, {"user": [("k", "v")]}))
    sub.ping()


@case(BOTH)
def qos_is_the_smaller_of_both(t):
    # [MQTT-3.8.4-8] [MQTT-3.8.4-6 v3] [MQTT-3.8.4-7] [MQTT-3.8.4-5 v3]
    subs, pub = [t.client(), t.client(), t.client()], t.client()
    for granted, sub in enumerate(subs):
        sub.subscribe(t.topic(), qos=granted)
    for qos in (0, 1, 2):
        pub.publish(t.topic(), f"{qos}", qos=qos)
        for granted, sub in enumerate(subs):
            sub.receive(t.topic(), f"{qos}", qos=min(qos, granted))


@case(BOTH)
def payload_sizes_around_length_boundaries(t):
    # [MQTT-1.5.5-1]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic())
    overhead = len(wire.publish(t.topic(), version=t.version)) - 2
    for whole in (overhead, 127, 128, 129, 16383, 16384, 16385, 200_000):
        payload = bytes(i % 251 for i in range(whole - overhead))
        pub.publish(t.topic(), payload)
        sub.receive(t.topic(), payload)


@case(V5)
def versions_understand_each_other(t):
    # A 3.1.1 subscriber gets no properties, a 5.0 subscriber an empty section.  [MQTT-2.2.2-1]
    old, older, new = t.client(version=wire.V311), t.client(version=wire.V31), t.client()
    everyone = (old, older, new)
    for sub in everyone:
        sub.subscribe(t.topic(), qos=2)
    for pub in (t.client(version=wire.V311), t.client(version=wire.V31), t.client()):
        more = {"props": {"content_type": "c", "user": [("a", "b")]}} if pub.version == wire.V5 else {}
        for qos in (0, 1, 2):
            pub.publish(t.topic(), "same bytes", qos=qos, **more)
            for sub in everyone:
                sub.receive(t.topic(), "same bytes", qos=qos)


# ---------------------------------------------------------------- flags and packet identifiers

@case(BOTH)
def dup_is_not_passed_on(t):
    # [MQTT-3.3.1-3] [MQTT-3.3.1-3 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    for qos in (1, 2):
        pub.publish(t.topic(), f"{qos}", qos=qos, dup=True)
        sub.receive(t.topic(), f"{qos}", qos=qos, dup=False)


@case(BOTH)
def dup_with_qos_0_is_refused(t):
    # [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3]
    c = t.client()
    c.send(wire.publish(t.topic(), "x", dup=True, version=t.version))
    c.expect_refusal(0x81, 0x82)


@case(EVERY)
def qos_3_is_refused(t):
    # [MQTT-3.3.1-4] [MQTT-3.3.1-4 v3]
    c = t.client()
    c.send(wire.publish(t.topic(), "x", qos=3, pid=1, version=t.version))
    c.expect_refusal(0x81)


@case(BOTH)
def packet_id_0_is_refused(t):
    # [MQTT-2.3.1-1 v3] [MQTT-4.8.0-1 v3]
    for packet in (wire.publish(t.topic(), "x", qos=1, pid=0, version=t.version),
                   wire.publish(t.topic(), "x", qos=2, pid=0, version=t.version),
                   wire.subscribe(0, [(t.topic(), 0)], t.version), wire.unsubscribe(0, [t.topic()], t.version)):
        c = t.client()
        c.send(packet)
        c.expect_refusal(0x81, 0x82)


@case(BOTH)
def same_id_after_puback_is_a_new_message(t):
    # [MQTT-4.3.2-5] [MQTT-4.3.2-2 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=1)
    for turn, dup in enumerate((False, False, True)):
        pub.send(wire.publish(t.topic(), f"{turn}", 1, 7, dup=dup, version=t.version))
        sub.receive(t.topic(), f"{turn}")
        pub.expect(wire.PUBACK, pid=7, code=0)


@case(EVERY)
def repeated_qos_2_publish_is_delivered_once(t):
    # [MQTT-4.3.3-10] [MQTT-4.3.3-2 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    packet = wire.publish(t.topic(), "once", 2, 9, version=t.version)
    pub.send(packet)
    pub.expect(wire.PUBREC, pid=9)
    for _ in range(3):
        pub.send(wire.publish(t.topic(), "once", 2, 9, dup=True, version=t.version))
        pub.expect(wire.PUBREC, pid=9)
    pub.send(wire.ack(wire.PUBREL, 9))
    pub.expect(wire.PUBCOMP, pid=9)
    sub.receive(t.topic(), "once")
    sub.expect_nothing()


@case(BOTH)
def same_id_after_pubcomp_is_a_new_message(t):
    # [MQTT-4.3.3-12] [MQTT-4.3.3-2 v3]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    for turn in range(3):
        pub.send(wire.publish(t.topic(), f"{turn}", 2, 9, version=t.version))
        pub.expect(wire.PUBREC, pid=9)
        pub.send(wire.ack(wire.PUBREL, 9))
        pub.expect(wire.PUBCOMP, pid=9)
        sub.receive(t.topic(), f"{turn}")


@case(V5)
def refused_qos_2_publish_frees_its_id(t):
    # [MQTT-4.3.3-9] [MQTT-3.5.2-1]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.send(wire.publish(t.topic(), b"\xff", 2, 9, props={"payload_format": 1}))
    pub.expect(wire.PUBREC, pid=9, code=0x99)
    pub.send(wire.publish(t.topic(), "good", 2, 9))
    pub.expect(wire.PUBREC, pid=9, code=0)
    pub.send(wire.ack(wire.PUBREL, 9))
    pub.expect(wire.PUBCOMP, pid=9, code=0)
    sub.receive(t.topic(), "good")
    sub.expect_nothing()


@case(BOTH)
def pubrel_of_an_unknown_id_is_completed(t):
    # [MQTT-4.3.3-11] [MQTT-3.7.2-1] [MQTT-4.3.3-2 v3]
    c = t.client()
    c.send(wire.ack(wire.PUBREL, 1234))
    c.expect(wire.PUBCOMP, pid=1234, code=0x92 if t.v5 else 0)


@case(V5)
def pubrec_of_an_unknown_id_is_told_so(t):
    # [MQTT-3.6.2-1]
    c = t.client()
    c.send(wire.ack(wire.PUBREC, 1234))
    c.expect(wire.PUBREL, pid=1234, code=0x92)
    c.send(wire.ack(wire.PUBCOMP, 1234, 0x92))
    c.ping()


@case(BOTH)
def late_acknowledgements_do_no_harm(t):
    # What a client repeats after a reconnect is no protocol error.
    c = t.client()
    c.send(wire.ack(wire.PUBACK, 77), wire.ack(wire.PUBCOMP, 78))
    c.ping()


@case(V5)
def identifier_of_an_open_qos_2_exchange_is_in_use(t):
    # The identifier is taken until PUBCOMP; another exchange under it is refused.  [MQTT-4.3.3-10]
    c = t.client()
    c.send(wire.publish(t.topic(), "x", 2, 9))
    c.expect(wire.PUBREC, pid=9)
    c.send(wire.publish(t.topic(), "y", 1, 9))
    answer = c.read()
    require(answer is not None and (answer.type == wire.PUBACK and answer.code == 0x91
                                    or answer.type == wire.DISCONNECT and answer.code == 0x82), f"{answer}")


@case(V5)
def server_ids_are_unused_and_never_zero(t):
    # More messages than there are identifiers, with some held back: no identifier is used twice at a time.
    # [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-2.3.1-4 v3]
    total, held = 66_000, {}
    sub, pub = t.client(props={"receive_maximum": 200}), t.client()
    sub.subscribe(t.topic(), qos=1)
    packets = [wire.publish(t.topic(), b"", 1, i % 65535 + 1) for i in range(200)]
    for first in range(0, total, 100):
        pub.send(*packets[:100])
        answers = []
        for n in range(first, first + 100):
            pid = sub.expect(wire.PUBLISH).pid
            require(pid not in held, f"identifier {pid} of an unacknowledged message")
            if n % 1000 == 0:
                held[pid] = n
            else:
                answers.append(wire.ack(wire.PUBACK, pid))
        sub.send(*answers)
        for _ in range(100):
            pub.expect(wire.PUBACK)
