"""Topic names and filters: what is well formed and what matches. Chapter 4.7."""

from harness import client, wire
from harness.client import equal, require
from harness.registry import BOTH, case


def collect_until(sub, topic):
    """The publishes before the one with this topic, which is the last that was sent."""
    found = []
    while True:
        packet = sub.receive()
        if packet.topic == topic:
            return found
        found.append(packet)


def require_filter_refused(c, pattern):
    """The server ends the connection, or refuses this one filter in its SUBACK."""
    answer = c.read()
    if answer is None:
        good = c.version != wire.V5 or client.silent_close_accepted
    elif answer.type == wire.SUBACK:
        good = answer.codes == [0x8F if c.version == wire.V5 else 0x80]
    else:
        good = answer.type == wire.DISCONNECT and answer.code in (0x81, 0x82, 0x8F)
    require(good, f"{pattern!r} answered with {answer}")


BAD_FILTERS = ("", "a#", "#/a", "a/#/b", "##", "a/##", "+a", "a+", "a/b+/c", "a/+b", "++")


@case(BOTH)
def ill_formed_filters(t):
    # Refused as a whole or for the filter.  [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.7.1-2 v3]
    # [MQTT-4.7.1-3 v3] [MQTT-4.7.3-1 v3]
    for pattern in BAD_FILTERS:
        c = t.client()
        c.send(wire.subscribe(1, [(pattern, 0)], t.version))
        require_filter_refused(c, pattern)


@case(BOTH)
def filters_must_be_utf_8(t):
    # [MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT-3.8.3-1 v3] [MQTT-3.10.3-1 v3] [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-4.7.3-2]
    # [MQTT-4.7.3-2 v3] [MQTT-1.5.3-1 v3] [MQTT-1.5.3-2 v3]
    for text in (b"a/\xff", b"\xed\xb0\x80", b"a\0b", b"\xc0\xaf"):
        for packet in (wire.subscribe(1, [(text, 0)], t.version), wire.unsubscribe(1, [text], t.version)):
            c = t.client()
            c.send(packet)
            c.expect_refusal(0x81, 0x82, 0x8F)


MATCHES = [
    # filter, topics that match, topics that do not
    ("sport/tennis/player1/#", ["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/x"],
     ["sport/tennis/player2", "sport/tennis", "sport/tennis/player1x"]),
    ("sport/#", ["sport", "sport/", "sport/a/b/c"], ["sports", "Sport", "a/sport"]),
    ("sport/tennis/+", ["sport/tennis/player1", "sport/tennis/"], ["sport/tennis", "sport/tennis/player1/ranking"]),
    ("sport/+", ["sport/", "sport/x"], ["sport", "sport/x/y", "sport/x/"]),
    ("+/+", ["a/b", "/b", "a/", "/"], ["a", "a/b/c"]),
    ("a/+/c", ["a/b/c", "a//c", "a/ /c"], ["a/c", "a/b/b/c", "a/b/C"]),
    ("a/+/+/d", ["a/b/c/d", "a///d"], ["a/b/d", "a/b/c/d/e"]),
    ("+/tennis/#", ["x/tennis", "x/tennis/y/z", "/tennis/q"], ["tennis", "x/y/tennis"]),
    ("a//b", ["a//b"], ["a/b", "a///b"]),
    ("a/", ["a/"], ["a", "a//", "/a"]),
    ("/a", ["/a"], ["a", "//a"]),
    ("/", ["/"], ["", "//"]),
    ("a b/\u00e9", ["a b/\u00e9"], ["a b/e\u0301", "ab/\u00e9", "A B/\u00e9"]),
    ("\u2603/\U0001F600/#", ["\u2603/\U0001F600", "\u2603/\U0001F600/x"], ["\u2603/\U0001F601"]),
]


@case(BOTH)
def filters_match_as_the_standard_says(t):
    # [MQTT-3.3.2-3] [MQTT-3.3.2-3 v3] [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-4] [MQTT-4.7.3-4 v3] [MQTT-4.7.1-2 v3]
    # [MQTT-4.7.1-3 v3]
    pub = t.client()
    for n, (pattern, good, bad) in enumerate(MATCHES):
        root = t.topic(f"{n}/")
        sub = t.client()
        sub.subscribe(root + pattern)
        for topic in bad + good:
            if root + topic != root or pattern != "/":
                pub.publish(root + topic, topic, qos=1)  # acknowledged, so it is ahead of the end
        sub.subscribe(t.topic("end"))
        pub.publish(t.topic("end"))
        got = collect_until(sub, t.topic("end"))
        equal(sorted(p.topic for p in got), sorted(root + g for g in good), f"topics for {pattern}")
        sub.leave()


@case(BOTH, own=True)
def bare_wildcards_and_dollar_topics(t):
    # [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3] [MQTT-4.7.1-1] [MQTT-4.7.1-2]
    everything, level, two = t.client(), t.client(), t.client()
    everything.subscribe("#")
    level.subscribe("+")
    two.subscribe("+/monitor/#")
    dollar = t.client()
    dollar.subscribe("$here/monitor/#")
    pub = t.client()
    pub.publish("$here/monitor/Clients", "hidden")
    pub.publish("one", "1")
    pub.publish("here/monitor/Clients", "2")
    pub.publish("/finance", "3")
    for sub, topics in ((everything, ["one", "here/monitor/Clients", "/finance"]), (level, ["one"]),
                        (two, ["here/monitor/Clients"])):
        # In any order: only messages of one topic have one.
        equal(sorted(sub.receive().topic for _ in topics), sorted(topics), "topics that came")
        sub.expect_nothing()


@case(BOTH, options=["--sys.interval=1s"])
def sys_topics_are_seen_only_when_named(t):
    # [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
    hidden, seen = t.client(), t.client()
    hidden.subscribe("+/broker/uptime")
    seen.subscribe("$SYS/#")
    require(seen.receive().topic.startswith("$SYS/"), "topic of $SYS")
    hidden.expect_nothing(1.5)


@case(BOTH)
def no_normalization(t):
    # [MQTT-4.7.3-4] [MQTT-4.7.3-4 v3] [MQTT-1.5.4-3] [MQTT-1.5.3-3 v3]
    names = ["a", "A", "a ", " a", "a/", "/a", "\ufeffa", "\u00c5", "A\u030a", "\u212b", "a.", "./a", "..", "%61", "\U00010000"]
    sub, pub = t.client(), t.client()
    for name in names:
        sub.subscribe(t.topic(name))
    for name in names:
        pub.publish(t.topic(name), name)
        sub.receive(t.topic(name), name)
    sub.expect_nothing()


@case(BOTH)
def long_and_many_filters(t):
    # [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3] [MQTT-3.8.4-5] [MQTT-3.8.4-4 v3]
    sub, pub = t.client(), t.client()
    longest = t.topic("x" * (65535 - len(t.topic(""))))
    sub.subscribe(longest)
    pub.publish(longest, "long")
    sub.receive(longest, "long")
    names = [t.topic(f"{n}/+") for n in range(200)]
    sub.subscribe(*names)
    for n in (0, 57, 199):
        pub.publish(t.topic(f"{n}/x"), f"{n}")
        sub.receive(t.topic(f"{n}/x"), f"{n}")


@case(BOTH)
def topic_names_at_fault(t):
    # [MQTT-3.3.2-1] [MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-3.3.2-1 v3] [MQTT-3.3.2-2 v3]
    # [MQTT-4.7.1-1 v3] [MQTT-4.7.3-1 v3] [MQTT-4.7.3-2 v3] [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.3-1 v3]
    for topic in ("#", "a/#", "a/+/b", "+", "a#", "a+", b"a\xff", b"a\0", b"\xed\xa0\x80", ""):
        c = t.client()
        c.send(wire.publish(topic, "x", version=t.version))
        c.expect_refusal(0x81, 0x82, 0x90)
