"""MQTT 3.1, 3.1.1 and 5.0 on the wire, written from the standards and sharing nothing with the broker.

Builders (`connect`, `publish`, ...) return bytes and check nothing, so that a case can build what the standards
forbid. `parse` is the opposite: it reads what a server sent and raises `WireError` for anything a server must not send.
"""

from __future__ import annotations

import struct
from typing import Any, Iterable, Optional, Union

V31, V311, V5 = 3, 4, 5

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = 8, 9, 10, 11, 12, 13, 14, 15

NAMES = {1: "CONNECT", 2: "CONNACK", 3: "PUBLISH", 4: "PUBACK", 5: "PUBREC", 6: "PUBREL", 7: "PUBCOMP",
         8: "SUBSCRIBE", 9: "SUBACK", 10: "UNSUBSCRIBE", 11: "UNSUBACK", 12: "PINGREQ", 13: "PINGRESP",
         14: "DISCONNECT", 15: "AUTH"}

# Identifier: name and form. The forms: 1, 2 and 4 byte integers, v a variable byte integer, s a string,
# b binary data, p a pair of strings.
PROPERTIES = {
    0x01: ("payload_format", "1"), 0x02: ("message_expiry", "4"), 0x03: ("content_type", "s"),
    0x08: ("response_topic", "s"), 0x09: ("correlation_data", "b"), 0x0B: ("subscription_id", "v"),
    0x11: ("session_expiry", "4"), 0x12: ("assigned_client_id", "s"), 0x13: ("server_keep_alive", "2"),
    0x15: ("auth_method", "s"), 0x16: ("auth_data", "b"), 0x17: ("request_problem", "1"),
    0x18: ("will_delay", "4"), 0x19: ("request_response", "1"), 0x1A: ("response_information", "s"),
    0x1C: ("server_reference", "s"), 0x1F: ("reason_string", "s"), 0x21: ("receive_maximum", "2"),
    0x22: ("topic_alias_maximum", "2"), 0x23: ("topic_alias", "2"), 0x24: ("maximum_qos", "1"),
    0x25: ("retain_available", "1"), 0x26: ("user", "p"), 0x27: ("maximum_packet_size", "4"),
    0x28: ("wildcard_available", "1"), 0x29: ("subscription_ids_available", "1"), 0x2A: ("shared_available", "1"),
}
PROPERTY_IDS = {name: (number, form) for number, (name, form) in PROPERTIES.items()}
REPEATED = ("user", "subscription_id")

# What a server may put into each packet, from table 2-4 of the 5.0 standard.
SERVER_PROPERTIES = {
    CONNACK: {"session_expiry", "assigned_client_id", "server_keep_alive", "auth_method", "auth_data",
              "response_information", "server_reference", "reason_string", "receive_maximum", "topic_alias_maximum",
              "maximum_qos", "retain_available", "user", "maximum_packet_size", "wildcard_available",
              "subscription_ids_available", "shared_available"},
    PUBLISH: {"payload_format", "message_expiry", "content_type", "response_topic", "correlation_data",
              "subscription_id", "topic_alias", "user"},
    PUBACK: {"reason_string", "user"}, PUBREC: {"reason_string", "user"}, PUBREL: {"reason_string", "user"},
    PUBCOMP: {"reason_string", "user"}, SUBACK: {"reason_string", "user"}, UNSUBACK: {"reason_string", "user"},
    # Session Expiry Interval is the client's alone here.  [MQTT-3.14.2-2]
    DISCONNECT: {"server_reference", "reason_string", "user"},
    AUTH: {"auth_method", "auth_data", "reason_string", "user"},
}

# The reason codes of each packet a server sends.  [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1]
# [MQTT-3.7.2-1] [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
_ACK_CODES = {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}
SERVER_CODES = {
    CONNACK: {0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
              0x9A, 0x9B, 0x9C, 0x9D, 0x9F},
    PUBACK: _ACK_CODES, PUBREC: _ACK_CODES, PUBREL: {0x00, 0x92}, PUBCOMP: {0x00, 0x92},
    SUBACK: {0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2},
    UNSUBACK: {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91},
    DISCONNECT: {0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
                 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2},
    AUTH: {0x00, 0x18, 0x19},
}
# 3.1 and 3.1.1.  [MQTT-3.9.3-2 v3] [MQTT-3.2.2-6 v3]
SERVER_CODES_V3 = {CONNACK: {0, 1, 2, 3, 4, 5}, SUBACK: {0, 1, 2, 0x80}}

Text = Union[str, bytes]
Props = Union[None, dict, Iterable[tuple]]


class WireError(Exception):
    """The server sent what the standards forbid."""


class Packet:
    """A parsed packet: `type`, `flags` and the fields of its type; fields a packet lacks read as None."""

    def __init__(self, kind: int, flags: int, raw: bytes, **fields: Any):
        self.type, self.flags, self.raw = kind, flags, raw
        self.fields = fields

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.fields.get(name)

    def __repr__(self) -> str:
        shown = []
        for name, value in self.fields.items():
            if value is None or value == {}:
                continue
            if name in ("code", "codes"):
                value = [f"0x{v:02X}" for v in value] if name == "codes" else f"0x{value:02X}"
            text = str(value) if name in ("code",) else repr(value)
            shown.append(f"{name}={text if len(text) < 120 else text[:100] + '...'}")
        return f"{NAMES[self.type]}({', '.join(shown)})"


# ---------------------------------------------------------------- building

def u16(value: int) -> bytes:
    return struct.pack(">H", value)


def u32(value: int) -> bytes:
    return struct.pack(">I", value)


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, digit = value >> 7, value & 127
        out.append(digit | (128 if value else 0))
        if not value:
            return bytes(out)


def binary(data: Text) -> bytes:
    """Length and bytes; text is encoded, bytes are taken as they are (also when they are no UTF-8)."""
    data = data.encode("utf-8") if isinstance(data, str) else bytes(data)
    return u16(len(data)) + data


def frame(kind: int, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + varint(len(body)) + body


def prop(name: str, value: Any) -> bytes:
    number, form = PROPERTY_IDS[name]
    head = varint(number)
    if form == "1":
        return head + bytes([value])
    if form == "2":
        return head + u16(value)
    if form == "4":
        return head + u32(value)
    if form == "v":
        return head + varint(value)
    if form == "p":
        return head + binary(value[0]) + binary(value[1])
    return head + binary(value)


def properties(props: Props) -> bytes:
    """A property section. A dict or pairs of name and value; bytes are taken as the section's content as it is."""
    if isinstance(props, bytes):
        return varint(len(props)) + props
    out = b""
    for name, value in (props.items() if isinstance(props, dict) else props or ()):
        several = value if isinstance(value, list) else [value]
        out += b"".join(prop(name, v) for v in several)
    return varint(len(out)) + out


class Will:
    def __init__(self, topic: Text, payload: Text = b"gone", qos: int = 0, retain: bool = False, props: Props = None):
        self.topic, self.payload, self.qos, self.retain, self.props = topic, payload, qos, retain, props


def connect(client_id: Text = "", version: int = V5, clean: bool = True, keep_alive: int = 60,
            will: Optional[Will] = None, username: Optional[Text] = None, password: Optional[Text] = None,
            props: Props = None, protocol: Optional[Text] = None, flags: Optional[int] = None, header: int = 0,
            tail: bytes = b"") -> bytes:
    """`protocol`, `flags` and `header` replace what follows from the other arguments; `tail` is appended."""
    if protocol is None:
        protocol = "MQIsdp" if version == V31 else "MQTT"
    if flags is None:
        flags = 0x02 if clean else 0
        if will:
            flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        flags |= (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    body = binary(protocol) + bytes([version, flags]) + u16(keep_alive)
    if version == V5:
        body += properties(props)
    body += binary(client_id)
    if will:
        body += (properties(will.props) if version == V5 else b"") + binary(will.topic) + binary(will.payload)
    if username is not None:
        body += binary(username)
    if password is not None:
        body += binary(password)
    return frame(CONNECT, header, body + tail)


def publish(topic: Text, payload: Text = b"", qos: int = 0, pid: Optional[int] = None, retain: bool = False,
            dup: bool = False, version: int = V5, props: Props = None) -> bytes:
    payload = payload.encode("utf-8") if isinstance(payload, str) else payload
    body = binary(topic)
    if pid is not None:
        body += u16(pid)
    if version == V5:
        body += properties(props)
    return frame(PUBLISH, (8 if dup else 0) | qos << 1 | (1 if retain else 0), body + payload)


def ack(kind: int, pid: int, code: Optional[int] = None, props: Props = None, flags: Optional[int] = None) -> bytes:
    """PUBACK, PUBREC, PUBREL or PUBCOMP; without a code the short form."""
    if flags is None:
        flags = 2 if kind == PUBREL else 0
    body = u16(pid)
    if code is not None:
        body += bytes([code])
        if props is not None:
            body += properties(props)
    return frame(kind, flags, body)


def sub_options(qos: int = 0, no_local: bool = False, retain_as_published: bool = False, retain_handling: int = 0) -> int:
    return qos | (4 if no_local else 0) | (8 if retain_as_published else 0) | retain_handling << 4


def subscribe(pid: int, filters: Iterable[tuple], version: int = V5, props: Props = None, flags: int = 2) -> bytes:
    """Filters as pairs of filter and options byte (see `sub_options`)."""
    body = u16(pid) + (properties(props) if version == V5 else b"")
    return frame(SUBSCRIBE, flags, body + b"".join(binary(f) + bytes([o]) for f, o in filters))


def unsubscribe(pid: int, filters: Iterable[Text], version: int = V5, props: Props = None, flags: int = 2) -> bytes:
    body = u16(pid) + (properties(props) if version == V5 else b"")
    return frame(UNSUBSCRIBE, flags, body + b"".join(binary(f) for f in filters))


def pingreq(flags: int = 0) -> bytes:
    return frame(PINGREQ, flags, b"")


def disconnect(version: int = V5, code: Optional[int] = None, props: Props = None, flags: int = 0) -> bytes:
    if version != V5 or (code is None and props is None):
        return frame(DISCONNECT, flags, b"")
    return frame(DISCONNECT, flags, bytes([code or 0]) + (properties(props) if props is not None else b""))


def auth(code: Optional[int] = None, props: Props = None, flags: int = 0) -> bytes:
    return frame(AUTH, flags, b"" if code is None else bytes([code]) + properties(props))


# ---------------------------------------------------------------- parsing what a server sends

class _Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise WireError(f"the packet ends inside a field (at {self.at}, wants {count} of {len(self.data)})")
        self.at += count
        return self.data[self.at - count:self.at]

    def left(self) -> int:
        return len(self.data) - self.at

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return struct.unpack(">H", self.take(2))[0]

    def u32(self) -> int:
        return struct.unpack(">I", self.take(4))[0]

    def varint(self) -> int:
        value, length = 0, 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << 7 * length
            length += 1
            if not byte & 128:
                break
            if length == 4:
                raise WireError("a variable byte integer of more than four bytes")
        if length > 1 and byte == 0:
            raise WireError("a variable byte integer not in its shortest form")  # [MQTT-1.5.5-1]
        return value

    def string(self) -> str:
        data = self.take(self.u16())
        try:
            text = data.decode("utf-8")  # refuses surrogates  [MQTT-1.5.4-1] [MQTT-1.5.3-1 v3] [MQTT-1.5.7-1]
        except UnicodeDecodeError as error:
            raise WireError(f"ill-formed UTF-8 {data!r}") from error
        if "\0" in text:
            raise WireError("U+0000 in a string")  # [MQTT-1.5.4-2] [MQTT-1.5.3-2 v3]
        return text

    def properties(self, kind: int) -> dict:
        section = _Reader(self.take(self.varint()))
        found: dict[str, Any] = {}
        while section.left():
            number = section.varint()
            if number not in PROPERTIES:
                raise WireError(f"unknown property 0x{number:02X} in {NAMES[kind]}")
            name, form = PROPERTIES[number]
            if name not in SERVER_PROPERTIES[kind]:
                raise WireError(f"{name} in a {NAMES[kind]} of a server")
            value = {"1": section.u8, "2": section.u16, "4": section.u32, "v": section.varint, "s": section.string,
                     "b": lambda: section.take(section.u16()),
                     "p": lambda: (section.string(), section.string())}[form]()
            if name in REPEATED:
                found.setdefault(name, []).append(value)
            elif name in found:
                raise WireError(f"{name} twice in {NAMES[kind]}")
            else:
                found[name] = value
        return found


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise WireError(what)


def packet_id(reader: _Reader) -> int:
    pid = reader.u16()
    _need(pid != 0, "packet identifier 0")  # [MQTT-2.2.1-4]
    return pid


def _parse_connack(r: _Reader, version: int) -> dict:
    flags = r.u8()
    _need(flags <= 1, f"CONNACK flags 0x{flags:02X}")  # [MQTT-3.2.2-1]
    code = r.u8()
    props = r.properties(CONNACK) if version == V5 and r.left() else {}
    # [MQTT-3.2.2-6] [MQTT-3.2.2-4 v3]
    _need(code == 0 or flags == 0, f"session present in a CONNACK that refuses with 0x{code:02X}")
    for name in ("maximum_qos", "retain_available", "wildcard_available", "subscription_ids_available", "shared_available"):
        _need(props.get(name, 0) <= 1, f"{name} is {props.get(name)}")
    for name in ("receive_maximum", "maximum_packet_size"):
        _need(props.get(name, 1) != 0, f"{name} is 0")
    return {"session_present": bool(flags), "code": code, "props": props}


def _parse_publish(r: _Reader, version: int, flags: int) -> dict:
    qos = flags >> 1 & 3
    _need(qos != 3, "QoS 3")  # [MQTT-3.3.1-4] [MQTT-3.3.1-4 v3]
    dup = bool(flags & 8)
    _need(not (qos == 0 and dup), "DUP with QoS 0")  # [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3] [MQTT-4.3.1-1] [MQTT-4.3.1-1 v3]
    topic = r.string()  # [MQTT-3.3.2-1] [MQTT-3.3.2-1 v3]
    # [MQTT-3.3.2-2] [MQTT-3.3.2-2 v3] [MQTT-4.7.0-1] [MQTT-4.7.1-1 v3]
    _need("+" not in topic and "#" not in topic, f"wildcard in the topic {topic!r}")
    # No packet identifier at QoS 0: its bytes would surface in the payload.  [MQTT-2.2.1-2] [MQTT-2.3.1-5 v3]
    pid = packet_id(r) if qos else None
    props = r.properties(PUBLISH) if version == V5 else {}
    _need(props.get("topic_alias", 1) != 0, "topic alias 0")  # [MQTT-3.3.2-8]
    _need(topic != "" or "topic_alias" in props, "empty topic without an alias")  # [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
    _need("+" not in props.get("response_topic", "") and "#" not in props.get("response_topic", ""),
          "wildcard in the response topic")
    return {"topic": topic, "payload": r.take(r.left()), "qos": qos, "retain": bool(flags & 1), "dup": dup, "pid": pid,
            "props": props}


def _parse_ack(r: _Reader, version: int, kind: int) -> dict:
    pid, code, props = packet_id(r), 0, {}
    if version == V5 and r.left():
        code = r.u8()
        if r.left():
            props = r.properties(kind)
    return {"pid": pid, "code": code, "props": props}


def _parse_suback(r: _Reader, version: int, kind: int) -> dict:
    pid = packet_id(r)
    props = r.properties(kind) if version == V5 else {}
    codes = list(r.take(r.left())) if kind == SUBACK or version == V5 else []
    return {"pid": pid, "codes": codes, "props": props}


def _parse_disconnect(r: _Reader, version: int, kind: int) -> dict:
    _need(version == V5, f"a {NAMES[kind]} of a server before 5.0")
    code = r.u8() if r.left() else 0
    return {"code": code, "props": r.properties(kind) if r.left() else {}}


def parse_body(kind: int, flags: int, body: bytes, version: int) -> Packet:
    _need(kind in NAMES, "packet type 0")
    _need(kind not in (CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ), f"a server sent {NAMES.get(kind)}")
    if kind != PUBLISH:  # [MQTT-2.1.3-1] [MQTT-2.2.2-1 v3] [MQTT-3.15.1-1] [MQTT-3.14.1-1]
        _need(flags == (2 if kind == PUBREL else 0), f"{NAMES[kind]} with flags 0x{flags:X}")
    r = _Reader(body)
    if kind == CONNACK:
        fields = _parse_connack(r, version)
    elif kind == PUBLISH:
        fields = _parse_publish(r, version, flags)
    elif kind in (PUBACK, PUBREC, PUBREL, PUBCOMP):
        fields = _parse_ack(r, version, kind)
    elif kind in (SUBACK, UNSUBACK):
        fields = _parse_suback(r, version, kind)
    elif kind in (DISCONNECT, AUTH):
        fields = _parse_disconnect(r, version, kind)
    else:
        fields = {}
    _need(r.left() == 0, f"{r.left()} bytes behind the end of {NAMES[kind]}")
    known = SERVER_CODES.get(kind) if version == V5 else SERVER_CODES_V3.get(kind)
    for code in fields.get("codes") or ([fields["code"]] if "code" in fields else []):
        _need(known is None or code in known, f"reason code 0x{code:02X} in {NAMES[kind]}")
    return Packet(kind, flags, body, **fields)


def split(buffer: bytes) -> Optional[tuple[int, int, bytes, int]]:
    """Type, flags, body and whole length of the first packet in the buffer, or None when it is not complete."""
    value, at = 0, 1
    while True:
        if at >= len(buffer):
            return None
        byte = buffer[at]
        value |= (byte & 127) << 7 * (at - 1)
        at += 1
        if not byte & 128:
            break
        _need(at < 5, "a remaining length of more than four bytes")
    _need(at == 2 or byte != 0, "a remaining length not in its shortest form")  # [MQTT-1.5.5-1]
    if len(buffer) < at + value:
        return None
    return buffer[0] >> 4, buffer[0] & 15, bytes(buffer[at:at + value]), at + value
