"""What 5.0 sends along with a message: properties passed on, aliases, expiry. Chapters 3.3.2.3 and 4.10."""

import time

from harness import wire
from harness.client import equal, require, require_left
from harness.registry import V5, case


# ---------------------------------------------------------------- passed on as they are

@case(V5)
def every_property_reaches_the_subscriber(t):
    # [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-20]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    for props in ({"payload_format": 0}, {"payload_format": 1}, {"content_type": ""}, {"content_type": "a/\u00e9"},
                  {"response_topic": "some/where/\u2603"}, {"correlation_data": b""}, {"correlation_data": bytes(range(256))},
                  {"payload_format": 1, "content_type": "t", "response_topic": "r", "correlation_data": b"c",
                   "user": [("k", "v")]}):
        for qos in (0, 1, 2):
            pub.publish(t.topic(), "x", qos=qos, props=props)
            got = sub.receive(t.topic(), "x", qos=qos)
            equal(got.props, props, "properties")


@case(V5)
def user_properties_keep_their_order(t):
    # [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-1.5.7-1]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic())
    users = [("b", "1"), ("a", "2"), ("b", "1"), ("", ""), ("\u00e9", "\U0001F600"), ("a", "3")] + [("n", str(n)) for n in range(50)]
    pub.publish(t.topic(), "x", props={"user": users})
    equal(sub.receive(t.topic()).props["user"], users, "user properties")


@case(V5)
def properties_at_fault(t):
    # [MQTT-3.3.2-13] [MQTT-3.3.2-14] [MQTT-3.3.2-19] [MQTT-1.5.7-1] [MQTT-1.5.4-1] [MQTT-4.13.1-1]
    bad = [({"response_topic": "a/+"}, (0x81, 0x82, 0x90)), ({"response_topic": "#"}, (0x81, 0x82, 0x90)),
           ({"response_topic": b"\xff"}, (0x81,)), ({"content_type": b"\xc0\x80"}, (0x81,)),
           ({"user": [(b"\xff", "x")]}, (0x81,)), ({"user": [("x", b"a\0")]}, (0x81,)),
           ({"payload_format": 2}, (0x81, 0x82)), ({"session_expiry": 1}, (0x81, 0x82)), (b"\x7e\x00", (0x81, 0x82)),
           (b"\x03\x00\x09x", (0x81,)), (b"\x02\x00\x00", (0x81,))]
    for name, value in (("payload_format", 1), ("message_expiry", 9), ("content_type", "x"), ("response_topic", "x"),
                        ("correlation_data", b"x"), ("topic_alias", 1)):
        bad.append(([(name, value), (name, value)], (0x82,)))
    for props, codes in bad:
        c = t.client()
        c.send(wire.publish(t.topic(), "x", props=props))
        try:
            c.expect_refusal(*codes)
        except Exception as error:
            raise type(error)(f"{props}: {error}") from None


@case(V5)
def payload_that_is_not_the_utf_8_it_claims(t):
    # 3.3.2.3.2: the receiver may check and answers 0x99.  [MQTT-3.4.2-1] [MQTT-3.5.2-1]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=2)
    for text in (b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"):
        pub.publish(t.topic(), text, qos=1, code=0x99, props={"payload_format": 1})
        pub.publish(t.topic(), text, qos=2, code=0x99, props={"payload_format": 1})
        pub.publish(t.topic(), text, qos=1, props={"payload_format": 0})
        sub.receive(t.topic(), text)
    pub.publish(t.topic(), "\u00e9\u2603\U0001F600", qos=1, props={"payload_format": 1})
    sub.receive(t.topic(), "\u00e9\u2603\U0001F600")


# ---------------------------------------------------------------- expiry

@case(V5)
def expiry_of_a_message_on_the_way(t):
    # [MQTT-3.3.2-6]
    sub, pub = t.client(), t.client()
    sub.subscribe(t.topic(), qos=1)
    for seconds in (60, 0xFFFFFFFF):
        began = time.monotonic()
        pub.publish(t.topic(), "x", qos=1, props={"message_expiry": seconds})
        require_left(sub.receive(t.topic()).props["message_expiry"], seconds, began, seconds)
    pub.publish(t.topic(), "x", qos=1)
    require("message_expiry" not in sub.receive(t.topic()).props, "an expiry that nobody set")


@case(V5, options=["--bank.ttl.min=1h", "--bank.ttl.max=1h"])
def waiting_time_is_taken_off(t):
    # [MQTT-3.3.2-6] [MQTT-3.3.2-5]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic("+"), qos=2)
    sub.leave()
    pub.publish(t.topic("short"), "x", qos=1, props={"message_expiry": 1})
    began = time.monotonic()
    pub.publish(t.topic("long"), "y", qos=2, props={"message_expiry": 100})
    pub.publish(t.topic("ever"), "z", qos=1)
    t.sleep(2.3)
    sub = t.keeper()
    require_left(sub.receive(t.topic("long"), "y").props["message_expiry"], 100, began, 98)
    # How long the broker still holds it.
    require_left(sub.receive(t.topic("ever"), "z").props["message_expiry"], 3600, began, 3598)
    sub.expect_nothing()


@case(V5)
def message_behind_the_receive_maximum_expires(t):
    # [MQTT-3.3.2-5]
    sub, pub = t.client(props={"receive_maximum": 1}), t.client()
    sub.subscribe(t.topic(), qos=1)
    pub.publish(t.topic(), "first", qos=1)
    first = sub.receive(t.topic(), "first", answer=False)
    pub.publish(t.topic(), "expires", qos=1, props={"message_expiry": 1})
    pub.publish(t.topic(), "stays", qos=1, props={"message_expiry": 60})
    t.sleep(2.2)
    sub.send(wire.ack(wire.PUBACK, first.pid))
    sub.receive(t.topic(), "stays")


@case(V5)
def begun_exchange_does_not_expire(t):
    # [MQTT-4.3.3-7]
    sub, pub = t.keeper(), t.client()
    sub.subscribe(t.topic(), qos=2)
    pub.publish(t.topic(), "x", qos=2, props={"message_expiry": 4})
    begun = sub.receive(t.topic(), "x", answer=False)
    sub.drop()
    t.sleep(5.5)
    sub = t.keeper()
    got = sub.receive(t.topic(), "x", pid=begun.pid, dup=True)
    require(got.props.get("message_expiry", 0) <= 1, f"{got}")


@case(V5)
def acknowledgements_go_on_after_expiry(t):
    # [MQTT-4.3.3-13]
    c = t.client()
    c.send(wire.publish(t.topic(), "x", 2, 5, props={"message_expiry": 1}))
    c.expect(wire.PUBREC, pid=5)
    t.sleep(2.2)
    c.send(wire.ack(wire.PUBREL, 5))
    c.expect(wire.PUBCOMP, pid=5, code=0)


# ---------------------------------------------------------------- aliases of the client

ALIASES = ["--mqtt.topic.alias.maximum=10"]


@case(V5, options=ALIASES)
def aliases_of_the_client(t):
    # [MQTT-3.3.2-12]
    sub, pub = t.client(), t.client()
    equal(pub.connack.props.get("topic_alias_maximum"), 10, "topic alias maximum")
    sub.subscribe(t.topic("+"), qos=2)
    for alias in (1, 2, 10):
        pub.publish(t.topic(f"{alias}"), "named", qos=1, props={"topic_alias": alias})
        sub.receive(t.topic(f"{alias}"), "named")
    for qos in (0, 1, 2):
        for alias in (10, 1, 2):
            pub.publish("", "by alias", qos=qos, props={"topic_alias": alias})
            sub.receive(t.topic(f"{alias}"), "by alias", qos=qos)
    pub.publish(t.topic("new"), "renamed", props={"topic_alias": 1})
    sub.receive(t.topic("new"), "renamed")
    pub.publish("", "by alias", props={"topic_alias": 1})
    sub.receive(t.topic("new"), "by alias")
    pub.publish(t.topic("2"), "without", qos=1)
    sub.receive(t.topic("2"), "without")


@case(V5, options=ALIASES)
def alias_and_retain(t):
    # [MQTT-3.3.1-5] [MQTT-3.3.2-12]
    sub, pub = t.client(), t.client()
    pub.publish(t.topic(), "named", props={"topic_alias": 3})
    pub.publish("", "kept", qos=1, retain=True, props={"topic_alias": 3})
    sub.subscribe(t.topic())
    sub.receive(t.topic(), "kept", retain=True)


@case(V5, options=ALIASES)
def aliases_at_fault(t):
    # [MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.2.2-17]
    for alias, codes in ((0, (0x81, 0x82, 0x94)), (11, (0x94,)), (65535, (0x94,))):
        c = t.client()
        c.send(wire.publish(t.topic(), "x", props={"topic_alias": alias}))
        c.expect_refusal(*codes)
    c = t.client()
    c.send(wire.publish("", "x", props={"topic_alias": 5}))
    c.expect_refusal(0x82, 0x94)
    c = t.client()
    c.send(wire.publish("", "x"))
    c.expect_refusal(0x82)


@case(V5, options=ALIASES)
def aliases_end_with_the_connection(t):
    # [MQTT-3.3.2-7]
    c = t.keeper()
    c.publish(t.topic(), "x", qos=1, props={"topic_alias": 1})
    c.drop()
    c = t.keeper()
    c.send(wire.publish("", "x", props={"topic_alias": 1}))
    c.expect_refusal(0x82, 0x94)


@case(V5, options=["--mqtt.topic.alias.maximum=0"])
def aliases_switched_off(t):
    # [MQTT-3.2.2-18]
    c = t.client()
    equal(c.connack.props.get("topic_alias_maximum", 0), 0, "topic alias maximum")
    c.send(wire.publish(t.topic(), "x", props={"topic_alias": 1}))
    c.expect_refusal(0x94)


# ---------------------------------------------------------------- aliases of the server

class Resolver:
    """What a client does with the server's aliases."""

    def __init__(self):
        self.names, self.used = {}, 0

    def topic(self, packet):
        alias = packet.props.get("topic_alias")
        if packet.topic:
            if alias:
                self.names[alias] = packet.topic
            return packet.topic
        require(alias in self.names, f"alias {alias} was never named on this connection")
        self.used += 1
        return self.names[alias]


@case(V5)
def server_uses_aliases_up_to_the_clients_maximum(t):
    # [MQTT-3.1.2-26] [MQTT-3.3.2-11] [MQTT-3.3.2-8]
    sub, pub, names = t.client(props={"topic_alias_maximum": 2}), t.client(), Resolver()
    sub.subscribe(t.topic("+"), qos=1)
    for _ in range(4):
        for n in range(5):
            topic = t.topic(f"a rather long name that is worth an alias {n}")
            pub.publish(topic, f"{n}", qos=1)
            equal(names.topic(sub.receive(payload=f"{n}")), topic, "topic")
    for _ in range(5):
        pub.publish(topic, "again", qos=1)
        equal(names.topic(sub.receive(payload="again")), topic, "topic")
    require(names.used > 0, "the server used no alias")


@case(V5)
def server_uses_no_alias_unasked(t):
    # The client checks every packet for aliases it did not allow.  [MQTT-3.1.2-27]
    pub = t.client()
    for props in (None, {"topic_alias_maximum": 0}):
        sub = t.client(props=props)
        sub.subscribe(t.topic())
        for _ in range(5):
            pub.publish(t.topic(), "x", qos=1)
            sub.receive(t.topic(), "x")


@case(V5)
def aliases_of_both_directions_are_apart(t):
    # [MQTT-3.3.2-12]
    c, names = t.client(props={"topic_alias_maximum": 5}), Resolver()
    c.subscribe(t.topic("+"))
    for turn in range(4):
        for n in (1, 2, 3):
            c.publish(t.topic(f"{n}") if turn == 0 else "", f"{n}", props={"topic_alias": n})
            equal(names.topic(c.receive(payload=f"{n}")), t.topic(f"{n}"), "topic")


@case(V5)
def server_aliases_end_with_the_connection(t):
    # Resent messages too name their topic anew.  [MQTT-3.3.2-7]
    sub, pub = t.keeper(props={"topic_alias_maximum": 5}), t.client()
    sub.subscribe(t.topic(), qos=1)
    for n in range(4):
        pub.publish(t.topic(), f"{n}", qos=1)
        sub.receive(payload=f"{n}", answer=False)
    sub.drop()
    sub, names = t.keeper(props={"topic_alias_maximum": 5}), Resolver()
    for n in range(4):
        equal(names.topic(sub.receive(payload=f"{n}", dup=True)), t.topic(), "topic")
    sub.drop()
    sub = t.keeper()
    pub.publish(t.topic(), "plain", qos=1)
    sub.receive(t.topic(), "plain")
