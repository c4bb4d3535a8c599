"""Will messages: chapters 3.1.2.5 to 3.1.2.7 and 3.1.3.2."""

import signal
import time

from harness import wire
from harness.client import equal, require, require_left
from harness.registry import BOTH, EVERY, V3, V5, case


def watcher(t, qos=2, **options):
    sub = t.client("w")
    sub.subscribe(t.topic("will"), qos=qos, **options)
    return sub


def will(t, payload="gone", **more):
    return wire.Will(t.topic("will"), payload, **more)


@case(EVERY)
def will_is_published_when_the_connection_breaks(t):
    # [MQTT-3.1.2-7] [MQTT-3.1.2-8] [MQTT-3.1.2-8 v3] [MQTT-3.1.2-14] [MQTT-3.1.2-16 v3]
    sub = watcher(t)
    t.client(will=will(t)).close()
    sub.receive(t.topic("will"), "gone", qos=0, retain=False)
    t.client(will=will(t, "reset")).abort()
    sub.receive(t.topic("will"), "reset")


@case(EVERY)
def will_is_discarded_on_disconnect(t):
    # [MQTT-3.14.4-3] [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3 v3] [MQTT-3.1.2-10 v3]
    sub = watcher(t)
    t.client(will=will(t)).leave()
    sub.expect_nothing()


@case(EVERY, own=True)
def will_is_discarded_by_a_client_that_is_back_at_once(t):
    # Whatever the server reads first, and whatever of it waits for the SUBACK.  [MQTT-3.14.4-3] [MQTT-3.14.4-3 v3]
    sub = watcher(t)
    for n in range(30):
        old = t.keeper("x", will=will(t))
        new = t.open(client_id=t.id("x"))
        t.broker.process.send_signal(signal.SIGSTOP)
        old.send(wire.subscribe(1, [(t.topic(f"{n}"), 1)], t.version), wire.publish(t.topic(), version=t.version),
                 wire.disconnect(t.version))
        old.close()
        new.send(wire.connect(new.client_id, t.version, clean=False))
        t.broker.process.send_signal(signal.SIGCONT)
        new.expect(wire.CONNACK, code=0)
        new.leave()
    sub.expect_nothing()


@case(V5)
def disconnect_with_will(t):
    # [MQTT-3.1.2-8]
    sub = watcher(t)
    t.client(will=will(t, "0x04")).leave(0x04)
    sub.receive(t.topic("will"), "0x04")
    t.client(will=will(t, "0x80")).leave(0x80)
    sub.receive(t.topic("will"), "0x80")
    t.client(will=will(t, "none")).leave(0x00)
    sub.expect_nothing()


@case(BOTH)
def will_qos_and_retain(t):
    # [MQTT-3.1.2-12] [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT-3.1.2-16 v3] [MQTT-3.1.2-17 v3] [MQTT-3.1.2-14 v3]
    sub = watcher(t)
    for qos in (0, 1, 2):
        t.client(will=will(t, f"{qos}", qos=qos)).drop()
        sub.receive(t.topic("will"), f"{qos}", qos=qos)
    late = t.client()
    late.subscribe(t.topic("will"))
    late.expect_nothing()
    t.client(will=will(t, "kept", qos=1, retain=True)).drop()
    sub.receive(t.topic("will"), "kept", retain=False)
    later = t.client()
    later.subscribe(t.topic("will"), qos=2)
    later.receive(t.topic("will"), "kept", qos=1, retain=True)


@case(BOTH)
def empty_will_payload(t):
    # [MQTT-3.1.2-9] [MQTT-3.1.2-9 v3]
    sub = watcher(t)
    t.client(will=will(t, "")).drop()
    sub.receive(t.topic("will"), "")


@case(BOTH)
def no_will_flag_no_will(t):
    # [MQTT-3.1.2-12 v3] [MQTT-3.1.2-10] [MQTT-3.1.2-10 v3]
    sub = watcher(t)
    t.client("x", will=will(t)).drop()
    sub.receive(t.topic("will"))
    t.client("x").drop()  # the will was the other connection's
    sub.expect_nothing()


@case(EVERY)
def will_on_keep_alive_timeout(t):
    # [MQTT-3.1.2-8] [MQTT-3.1.2-22] [MQTT-3.1.2-8 v3] [MQTT-3.1.2-24 v3]
    sub = watcher(t)
    began = time.monotonic()
    t.client(will=will(t), keep_alive=1)
    sub.receive(t.topic("will"))
    require(time.monotonic() - began > 1.2, "the will came before the time-out")


@case(BOTH)
def will_on_a_protocol_error(t):
    # [MQTT-3.1.2-8] [MQTT-3.1.2-8 v3]
    sub = watcher(t)
    c = t.client(will=will(t))
    c.send(wire.connect(c.client_id, t.version))
    sub.receive(t.topic("will"))


@case(EVERY)
def will_on_takeover(t):
    # [MQTT-3.1.2-8] [MQTT-3.1.4-3] [MQTT-3.1.2-8 v3]
    sub = watcher(t)
    t.client("x", will=will(t))
    t.client("x")
    sub.receive(t.topic("will"))
    sub.expect_nothing()


@case(BOTH)
def no_will_of_a_refused_connect(t):
    # Only an accepted CONNECT leaves a will.  [MQTT-3.1.2-8 v3] [MQTT-3.1.4-6] [MQTT-3.1.4-5 v3]
    sub = watcher(t)
    c = t.open()
    if t.v5:
        c.send(wire.connect(t.id("x"), will=will(t), props={"auth_method": "no such method"}))
    else:
        c.send(wire.connect("", t.version, clean=False, will=will(t)))
    require(c.expect(wire.CONNACK).code != 0, "the CONNECT was accepted")
    sub.expect_nothing()


@case(V5)
def will_properties_are_published(t):
    # [MQTT-3.1.3-10] [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-20]
    props = {"payload_format": 1, "message_expiry": 100, "content_type": "text/x", "response_topic": "r/t",
             "correlation_data": b"\x00\xff", "user": [("b", "1"), ("a", "2"), ("b", "1")]}
    sub = watcher(t)
    dying = t.client(will=will(t, props=props))
    began = time.monotonic()
    dying.drop()
    got = sub.receive(t.topic("will"))
    require_left(got.props.pop("message_expiry"), 100, began, 100)
    del props["message_expiry"]
    equal(got.props, props, "properties")


@case(V5)
def will_delay(t):
    # [MQTT-3.1.2-8] [MQTT-3.1.2-7]
    sub = watcher(t)
    c = t.keeper(will=will(t, props={"will_delay": 1}))
    began = time.monotonic()
    c.drop()
    got = sub.receive(t.topic("will"), "gone")
    took = time.monotonic() - began
    require(0.9 <= took <= 5, f"the will came after {took:.2f} s, not after 1 s")
    require("will_delay" not in got.props, "the delay was published")


@case(V5)
def reconnecting_within_the_delay_cancels_the_will(t):
    # [MQTT-3.1.3-9] [MQTT-3.1.2-8]
    sub = watcher(t)
    t.keeper(will=will(t, props={"will_delay": 4})).drop()
    c = t.keeper()
    equal(c.connack.session_present, True, "session present")
    sub.expect_nothing(5.5)
    c.drop()  # and it is gone, not put off
    sub.expect_nothing(4.5)


@case(V5)
def takeover_within_the_delay_cancels_the_will(t):
    # [MQTT-3.1.3-9]
    sub = watcher(t)
    t.keeper(will=will(t, props={"will_delay": 4}))
    t.keeper()
    sub.expect_nothing(5.5)


@case(V5)
def end_of_the_session_ends_the_delay(t):
    # Expiry before the delay, no expiry at all, and Clean Start: the session ends, the will is published.
    # [MQTT-3.1.2-8]
    sub = watcher(t)
    began = time.monotonic()
    t.client("none", will=will(t, "ended", props={"will_delay": 60})).drop()
    sub.receive(t.topic("will"), "ended")
    t.keeper("anew", will=will(t, "restarted", props={"will_delay": 60})).drop()
    t.client("anew", clean=True)
    sub.receive(t.topic("will"), "restarted")
    t.keeper("short", seconds=1, will=will(t, "expired", props={"will_delay": 60})).drop()
    sub.receive(t.topic("will"), "expired")
    require(time.monotonic() - began < 20, "the wills came late")


@case(V5)
def takeover_with_clean_start_publishes_the_will(t):
    # The session ends with the takeover, delay or not.  [MQTT-3.1.2-8]
    sub = watcher(t)
    t.keeper("x", will=will(t, props={"will_delay": 60}))
    t.client("x", clean=True)
    sub.receive(t.topic("will"))


@case(V5)
def disconnect_drops_a_delayed_will(t):
    # [MQTT-3.14.4-3]
    sub = watcher(t)
    t.keeper(will=will(t, props={"will_delay": 1})).leave()
    sub.expect_nothing(2)


@case(BOTH)
def will_is_published_once(t):
    # [MQTT-3.1.2-10] [MQTT-3.1.2-10 v3]
    sub = watcher(t)
    t.keeper("x", will=will(t)).drop()
    sub.receive(t.topic("will"))
    t.keeper("x").leave()
    sub.expect_nothing()


@case(BOTH)
def will_waits_for_an_away_session(t):
    # A will is a message like others.  [MQTT-4.5.0-1] [MQTT-4.5.0-1 v3] [MQTT-3.1.2-5 v3]
    sub = t.keeper("w")
    sub.subscribe(t.topic("will"), qos=1)
    sub.leave()
    witness = t.client("witness")
    witness.subscribe(t.topic("will"), qos=1)
    t.client(will=will(t, qos=1)).drop()
    witness.receive(t.topic("will"), "gone", qos=1)
    t.keeper("w").receive(t.topic("will"), "gone", qos=1)


@case(V5)
def will_and_no_local(t):
    # [MQTT-3.8.3-3]
    c = t.keeper("x", will=will(t, qos=1, props={"will_delay": 1}))
    c.subscribe(t.topic("will"), qos=1, no_local=True)
    sub = watcher(t)
    c.drop()
    sub.receive(t.topic("will"))
    t.keeper("x").expect_nothing()


@case(V3)
def will_of_an_old_client_reaches_a_new_one(t):
    # [MQTT-3.1.2-8 v3]
    sub = t.client(version=wire.V5)
    sub.subscribe(t.topic("will"), qos=1)
    t.client(will=will(t, qos=1)).drop()
    sub.receive(t.topic("will"), "gone", qos=1)


@case(V5, own=True)
def delayed_will_of_a_kept_session_survives_a_restart(t):
    # The will belongs to the session.  [MQTT-3.1.2-7]
    sub = t.keeper("w")
    sub.subscribe(t.topic("will"), qos=1)
    t.keeper("x", will=will(t, qos=1, props={"will_delay": 1})).drop()
    sub.drop()
    t.broker.restart()
    sub = t.keeper("w")
    sub.receive(t.topic("will"), "gone")
