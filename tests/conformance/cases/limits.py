"""What a server announces or limits in CONNACK, each by its option: chapter 3.2.2.3."""

from harness import wire
from harness.client import equal, require
from harness.registry import BOTH, V3, V5, case


@case(V5)
def limits_left_alone_are_not_announced_as_limits(t):
    # [MQTT-3.2.2-9]
    props = t.client().connack.props
    for name, free in (("maximum_qos", None), ("retain_available", 1), ("wildcard_available", 1),
                       ("subscription_ids_available", 1), ("shared_available", 1)):
        require(props.get(name, free) == free, f"{name} is {props.get(name)}")
    require(not props.keys() & {"session_expiry", "server_keep_alive", "assigned_client_id", "auth_method"}, f"{props}")


# ---------------------------------------------------------------- packet size

@case(BOTH)
def large_messages_to_a_client_with_a_small_limit(t):
    # What is too large is dropped as if it had been sent.  [MQTT-3.1.2-24] [MQTT-3.1.2-25]
    sub = t.client(props={"maximum_packet_size": 100, "receive_maximum": 2}) if t.v5 else t.client()
    pub = t.client()
    sub.subscribe(t.topic(), qos=2)
    for n in range(6):
        pub.publish(t.topic(), b"L" * 200, qos=n % 3)
        pub.publish(t.topic(), f"{n}", qos=n % 3)
        if not t.v5:
            sub.receive(t.topic(), b"L" * 200)
        sub.receive(t.topic(), f"{n}")
    sub.expect_nothing()


@case(V5)
def packet_limit_counts_the_whole_packet(t):
    # [MQTT-3.1.2-24]
    sub, pub = t.client(props={"maximum_packet_size": 200}), t.client()
    sub.subscribe(t.topic())
    room = 200 - len(wire.publish(t.topic())) - 1  # the remaining length takes two bytes
    pub.publish(t.topic(), b"x" * (room + 1))
    pub.publish(t.topic(), b"y" * room)
    sub.receive(t.topic(), b"y" * room)
    sub.expect_nothing()


@case(V5)
def queued_large_messages_and_a_small_limit(t):
    # [MQTT-3.1.2-25]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    pub.publish(t.topic(), b"L" * 200, qos=1)
    pub.publish(t.topic(), "small", qos=1)
    sub = t.keeper(props={"maximum_packet_size": 100})
    sub.receive(t.topic(), "small")
    sub.expect_nothing()


@case(BOTH, options=["--mqtt.packet.bytes.max=2000"])
def packet_size_of_the_server(t):
    # [MQTT-3.2.2-15]
    c = t.client()
    if t.v5:
        equal(c.connack.props.get("maximum_packet_size"), 2000, "maximum packet size")
    room = 2000 - len(wire.publish(t.topic(), version=t.version, qos=1, pid=1)) - 1
    c.publish(t.topic(), b"x" * room, qos=1)
    c.send(wire.publish(t.topic(), b"x" * (room + 1), qos=1, pid=5, version=t.version))
    c.expect_refusal(0x95)


@case(BOTH, options=["--mqtt.packet.bytes.max=2000"])
def claimed_size_is_refused_at_once(t):
    # Nothing of the body needs to arrive.  [MQTT-3.2.2-15]
    c = t.client()
    c.send(b"\x30\xff\xff\xff\x7f")
    c.expect_refusal(0x95)


@case(BOTH, options=["--mqtt.packet.bytes.max=2000"])
def oversized_connect(t):
    # [MQTT-3.1.4-2]
    c = t.open()
    c.try_send(wire.connect(t.id(), t.version, username="u" * 3000))
    answer = c.read()
    require(answer is None or t.v5 and answer.type == wire.CONNACK and answer.code == 0x95, f"{answer}")


# ---------------------------------------------------------------- QoS

@case(V5, options=["--mqtt.qos.max=1"])
def maximum_qos_1(t):
    # [MQTT-3.2.2-9] [MQTT-3.2.2-10] [MQTT-3.2.2-11]
    c = t.client()
    equal(c.connack.props.get("maximum_qos"), 1, "maximum QoS")
    c.send(wire.subscribe(1, [(t.topic(), 2), (t.topic("b"), 1)]))
    c.expect(wire.SUBACK, pid=1, codes=[1, 1])
    c.publish(t.topic(), "x", qos=1)
    c.receive(t.topic(), "x", qos=1)
    c.send(wire.publish(t.topic(), "x", 2, 1))
    c.expect_refusal(0x9B)


@case(V5, options=["--mqtt.qos.max=0"])
def maximum_qos_0(t):
    # [MQTT-3.2.2-9] [MQTT-3.2.2-10] [MQTT-3.2.2-11]
    c = t.client()
    equal(c.connack.props.get("maximum_qos"), 0, "maximum QoS")
    c.send(wire.subscribe(1, [(t.topic(), 2)]))
    c.expect(wire.SUBACK, pid=1, codes=[0])
    c.publish(t.topic(), "x")
    c.receive(t.topic(), "x", qos=0)
    c.send(wire.publish(t.topic(), "x", 1, 1))
    c.expect_refusal(0x9B)


@case(V3, options=["--mqtt.qos.max=1"])
def maximum_qos_for_3_1_1(t):
    # [MQTT-3.8.4-6 v3] [MQTT-3.3.5-2 v3]
    c = t.client()
    c.send(wire.subscribe(1, [(t.topic(), 2)], t.version))
    c.expect(wire.SUBACK, pid=1, codes=[1])
    c.send(wire.publish(t.topic(), "x", 2, 1, version=t.version))
    c.expect_closed()


@case(V5, options=["--mqtt.qos.max=1"])
def will_beyond_the_maximum_qos(t):
    # [MQTT-3.2.2-12]
    c = t.open()
    c.send(wire.connect(t.id(), will=wire.Will(t.topic(), qos=2)))
    c.expect_connect_refused(0x9B)


# ---------------------------------------------------------------- what may be switched off

@case(V5, options=["--mqtt.retain.available=false"])
def retain_switched_off(t):
    # [MQTT-3.2.2-14]
    c = t.client()
    equal(c.connack.props.get("retain_available"), 0, "retain available")
    c.publish(t.topic(), "x", qos=1)
    c.send(wire.publish(t.topic(), "x", retain=True))
    c.expect_refusal(0x9A)


@case(V5, options=["--mqtt.retain.available=false"])
def retained_will_with_retain_switched_off(t):
    # [MQTT-3.2.2-13]
    c = t.open()
    c.send(wire.connect(t.id(), will=wire.Will(t.topic(), retain=True)))
    c.expect_connect_refused(0x9A)


def require_unavailable(t, announced, pattern, code, props=None):
    """Refused in the SUBACK or by DISCONNECT, with the code that names it."""
    c = t.client()
    equal(c.connack.props.get(announced), 0, announced)
    c.send(wire.subscribe(1, [(pattern, 0)], props=props))
    answer = c.read()
    require(answer is not None and (answer.type == wire.SUBACK and answer.codes == [code]
                                    or answer.type == wire.DISCONNECT and answer.code == code), f"{answer}")
    t.client().subscribe(t.topic("plain"))


@case(V5, options=["--mqtt.wildcard.available=false"])
def wildcards_switched_off(t):
    # [MQTT-3.8.4-7] [MQTT-3.9.3-2]
    require_unavailable(t, "wildcard_available", t.topic("+"), 0xA2)
    require_unavailable(t, "wildcard_available", t.topic("#"), 0xA2)


@case(V3, options=["--mqtt.wildcard.available=false"])
def wildcards_switched_off_for_3_1_1(t):
    # [MQTT-3.8.3-2 v3] [MQTT-3.9.3-2 v3]
    c = t.client()
    c.send(wire.subscribe(1, [(t.topic("a"), 1), (t.topic("+"), 1)], t.version))
    c.expect(wire.SUBACK, pid=1, codes=[1, 0x80])


@case(V5, options=["--mqtt.shared.available=false"])
def shared_subscriptions_switched_off(t):
    # [MQTT-3.9.3-2]
    require_unavailable(t, "shared_available", f"$share/g/{t.topic()}", 0x9E)


@case(V5, options=["--mqtt.subscription.identifiers.available=false"])
def subscription_identifiers_switched_off(t):
    # [MQTT-3.9.3-2]
    require_unavailable(t, "subscription_ids_available", t.topic(), 0xA1, {"subscription_id": 1})


@case(V5, options=["--mqtt.session.expiry.max=1h"])
def session_expiry_cap_is_announced(t):
    # [MQTT-3.1.2-23]
    for asked, told in ((0xFFFFFFFF, 3600), (7200, 3600), (3600, None), (10, None)):
        c = t.client(props={"session_expiry": asked})
        got = c.connack.props.get("session_expiry")
        require(got == told or told is None and got == asked, f"{got} announced for {asked}")


@case(V5, options=["--mqtt.session.expiry.max=1s"])
def session_expiry_cap_holds(t):
    # [MQTT-4.1.0-2]
    t.keeper("a").drop()
    c = t.keeper("b", seconds=1)
    c.leave(0, {"session_expiry": 600})
    t.sleep(2.5)
    equal(t.keeper("a").connack.session_present, False, "session present")
    equal(t.keeper("b").connack.session_present, False, "session present after a longer wish in DISCONNECT")


@case(BOTH, options=["--mqtt.client.id.bytes.max=23"])
def client_id_beyond_the_limit(t):
    # [MQTT-3.1.3-8] [MQTT-3.1.3-9 v3] [MQTT-3.1.3-5] [MQTT-3.1.3-5 v3]
    t.client(client_id=t.id().ljust(23, "x"))
    c = t.open()
    c.send(wire.connect(t.id().ljust(24, "x"), t.version))
    c.expect_connect_refused(0x85 if t.v5 else 2)


@case(V5, options=["--mqtt.subscriptions.max=3"])
def subscriptions_beyond_the_limit(t):
    # [MQTT-3.9.3-2]
    c = t.client()
    c.subscribe(t.topic("a"), t.topic("b"))
    c.send(wire.subscribe(9, [(t.topic(x), 0) for x in "acd"]))
    c.expect(wire.SUBACK, pid=9, codes=[0, 0, 0x97])
    c.unsubscribe(t.topic("a"))
    c.subscribe(t.topic("d"))


@case(BOTH, options=["--mqtt.topic.levels.max=4"])
def topic_levels_beyond_the_limit(t):
    c = t.client()
    c.subscribe(t.topic("b/c/d"))
    c.publish(t.topic("b/c/d"), "x")
    c.receive(t.topic("b/c/d"))
    c.send(wire.subscribe(9, [(t.topic("b/c/d/e"), 0)], t.version))
    answer = c.read()
    require(answer is None or answer.codes in ([0x8F], [0x97], [0x80]) or answer.type == wire.DISCONNECT, f"{answer}")


@case(V5, options=["--mqtt.session.queue.messages.max=5"])
def queue_of_a_session_is_bounded(t):
    # What does not fit is refused to its publisher, never silently lost.
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=1)
    sub.leave()
    accepted = []
    for n in range(12):
        pub.send(wire.publish(t.topic(), f"{n}", 1, n + 1))
        if pub.expect(wire.PUBACK, pid=n + 1).code == 0:
            accepted.append(b"%d" % n)
    require(1 <= len(accepted) <= 6, f"{len(accepted)} messages accepted for a queue of 5")
    sub = t.keeper()
    equal([sub.receive(t.topic()).payload for _ in accepted], accepted, "messages")
    sub.expect_nothing()
