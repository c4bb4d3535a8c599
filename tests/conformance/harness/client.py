"""A raw client on a blocking socket: it sends what it is told, answers nothing by itself and checks what arrives."""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Any, Optional

from . import wire
from .wire import Packet

# How long an event that must come may take. Generous, since a loaded machine is no fault of the broker.
WAIT = float(os.environ.get("CONFORMANCE_WAIT", "15"))
# How long a case listens for what must not come.
QUIET = float(os.environ.get("CONFORMANCE_QUIET", "0.25"))


class Failure(Exception):
    """The broker did not do what a case expects."""


class Timeout(Failure):
    """Nothing arrived in time."""


class Closed(Failure):
    """The connection ended where a packet was expected."""

# Whether a connection that ends without a reason code passes where 5.0 names one. Only to try the suite itself
# against brokers that are known to keep silent.
silent_close_accepted = False


def require(condition: Any, what: str) -> None:
    if not condition:
        raise Failure(what)


def equal(got: Any, wanted: Any, what: str) -> None:
    if got != wanted:
        raise Failure(f"{what}: got {got!r}, wanted {wanted!r}")


def require_left(left: int, of: int, began: float, most: int) -> None:
    """What is left of an interval that began after `began` and counts in whole seconds: `most`, less the time that passed."""
    least = of - (time.monotonic() - began) - 1
    require(least <= left <= most, f"{left} s left of {of}, not {least:.1f} to {most}")


class Client:
    def __init__(self, address: tuple[str, int] | str, version: int = wire.V5, client_id: str = "",
                 receive_buffer: Optional[int] = None, source: str = ""):
        """`address` is a host and a port, or the path of a socket's file; `source` the address to come from, empty leaves it to the kernel."""
        self.version, self.client_id = version, client_id
        local = isinstance(address, str)
        self.socket = socket.socket(socket.AF_UNIX if local else socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(WAIT)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        if not local:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.pending: list[Packet] = []  # publishes that arrived while an acknowledgement was awaited
        self.last_pid = 0
        self.connack: Optional[Packet] = None
        # What this client announced in its CONNECT; every packet that arrives is held against it.
        self.packet_bytes_max: Optional[int] = None
        self.alias_max = 0
        self.problems_wanted = True

    # ------------------------------------------------------------ the socket

    def send(self, *data: bytes) -> None:
        self.socket.settimeout(WAIT)
        self.socket.sendall(b"".join(data))

    def try_send(self, *data: bytes) -> None:
        """For what the server may refuse so early that the rest cannot be written."""
        try:
            self.send(*data)
        except OSError:
            pass

    def read(self, timeout: float = WAIT) -> Optional[Packet]:
        """The next packet, or None when the server closed the connection. Raises Timeout and wire.WireError."""
        if self.pending:
            return self.pending.pop(0)
        return self._read(time.monotonic() + timeout)

    def _read(self, deadline: float) -> Optional[Packet]:
        while True:
            found = wire.split(self.buffer)
            if found:
                kind, flags, body, length = found
                del self.buffer[:length]
                packet = wire.parse_body(kind, flags, body, self.version)
                self._obeys(packet, length)
                return packet
            left = deadline - time.monotonic()
            if left <= 0:
                raise Timeout(f"nothing came{f' after {bytes(self.buffer)!r}' if self.buffer else ''}")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 18)
            except (socket.timeout, TimeoutError):
                continue
            except (ConnectionResetError, BrokenPipeError):
                return None
            if not data:
                return None
            self.buffer += data

    def _obeys(self, packet: Packet, length: int) -> None:
        props = packet.props or {}
        # [MQTT-3.1.2-24] [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
        # [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1]
        # [MQTT-3.11.2-2] [MQTT-3.14.2-3] [MQTT-3.14.2-4]
        require(not self.packet_bytes_max or length <= self.packet_bytes_max,
                f"{length} bytes where the client takes {self.packet_bytes_max}: {packet}")
        # [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11]
        require(props.get("topic_alias", 0) <= self.alias_max, f"topic alias above {self.alias_max}: {packet}")
        # [MQTT-3.1.2-29]
        require(self.problems_wanted or packet.type in (wire.PUBLISH, wire.CONNACK, wire.DISCONNECT)
                or not props.keys() & {"reason_string", "user"}, f"problem information that was declined: {packet}")

    def close(self) -> None:
        """Ends the connection without DISCONNECT, orderly for TCP."""
        self.socket.close()

    def abort(self) -> None:
        """Ends the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def leave(self, code: Optional[int] = None, props: wire.Props = None) -> None:
        """DISCONNECT, and waits until the server has ended the connection too."""
        self.send(wire.disconnect(self.version, code, props))
        self.socket.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + WAIT
        while self._read(deadline) is not None:
            pass
        self.socket.close()

    def drop(self) -> None:
        """Ends the connection without DISCONNECT and waits until the server has noticed."""
        self.socket.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + WAIT
        while self._read(deadline) is not None:
            pass
        self.socket.close()

    # ------------------------------------------------------------ expectations

    def expect(self, kind: int, timeout: float = WAIT, **fields: Any) -> Packet:
        """The next packet, which must be of this type and have these fields."""
        wanted = wire.NAMES[kind]
        try:
            packet = self.read(timeout)
        except Timeout as error:
            raise Timeout(f"waited {timeout:g} s for {wanted}: {error}") from None
        if packet is None:
            raise Closed(f"the server closed the connection instead of sending {wanted}")
        self._check(packet, kind, fields)
        return packet

    def expect_ack(self, kind: int, **fields: Any) -> Packet:
        """As expect, but publishes that arrive before it are kept for later."""
        deadline = time.monotonic() + WAIT
        kept = []
        while True:
            packet = self._read(deadline)
            if packet is None:
                raise Closed(f"the server closed the connection instead of sending {wire.NAMES[kind]}")
            if packet.type == wire.PUBLISH:
                kept.append(packet)
                continue
            self.pending += kept
            self._check(packet, kind, fields)
            return packet

    @staticmethod
    def _check(packet: Packet, kind: int, fields: dict) -> None:
        if packet.type != kind:
            raise Failure(f"got {packet}, wanted {wire.NAMES[kind]}")
        for name, value in fields.items():
            value = value.encode() if name == "payload" and isinstance(value, str) else value
            if name == "props":
                for key, part in value.items():
                    equal(packet.props.get(key), part, f"{key} of {packet}")
            elif getattr(packet, name) != value:
                raise Failure(f"{name} is not {value!r} in {packet}")

    def expect_closed(self, timeout: float = WAIT) -> None:
        """The server closes and sends nothing before it."""
        try:
            packet = self.read(timeout)
        except Timeout:
            raise Timeout(f"the server did not close the connection within {timeout:g} s") from None
        if packet is not None:
            raise Failure(f"got {packet} where the server should close")

    def expect_refusal(self, *codes: int, timeout: float = WAIT) -> Optional[Packet]:
        """The server ends the connection: with DISCONNECT and one of the codes in 5.0, silently before."""
        if self.version != wire.V5:
            self.expect_closed(timeout)
            return None
        try:
            packet = self.expect(wire.DISCONNECT, timeout)
        except Closed:
            if silent_close_accepted:
                return None
            raise
        require(packet.code in codes, f"{packet} instead of {' or '.join(f'0x{c:02X}' for c in codes)}")
        self.expect_closed(timeout)
        return packet

    def expect_connect_refused(self, *codes: int, timeout: float = WAIT) -> Optional[Packet]:
        """A CONNACK with one of the codes, and the end."""
        try:
            packet = self.expect(wire.CONNACK, timeout)
        except Closed:
            if silent_close_accepted:
                return None
            raise
        require(packet.code in codes, f"{packet} instead of {' or '.join(f'0x{c:02X}' for c in codes)}")
        self.expect_closed(timeout)
        return packet

    def expect_nothing(self, seconds: float = QUIET) -> None:
        try:
            packet = self.read(seconds)
        except Timeout:
            return
        raise Failure(f"got {packet if packet else 'the end of the connection'} where nothing should come")

    def ping(self) -> None:
        """A round trip. All that the server wrote before it is then here or in `pending`."""
        self.send(wire.pingreq())
        self.expect_ack(wire.PINGRESP)

    # ------------------------------------------------------------ whole exchanges

    def next_pid(self) -> int:
        self.last_pid = self.last_pid % 65535 + 1
        return self.last_pid

    def connect(self, code: int = 0, **arguments: Any) -> Packet:
        """CONNECT and its CONNACK, with wire.connect's arguments."""
        arguments.setdefault("client_id", self.client_id)
        announced = arguments.get("props")
        if isinstance(announced, dict):
            self.packet_bytes_max = announced.get("maximum_packet_size")
            self.alias_max = announced.get("topic_alias_maximum", 0)
            self.problems_wanted = announced.get("request_problem", 1) != 0
        self.send(wire.connect(version=self.version, **arguments))
        self.connack = self.expect(wire.CONNACK, code=code)
        return self.connack

    def subscribe(self, *filters: str, qos: int = 0, props: wire.Props = None, code: Optional[int] = None,
                  **options: Any) -> Packet:
        """SUBSCRIBE and its SUBACK; every code must be `code`, or the QoS when it is None."""
        pid = self.next_pid()
        byte = wire.sub_options(qos, **options)
        self.send(wire.subscribe(pid, [(f, byte) for f in filters], self.version, props))
        return self.expect_ack(wire.SUBACK, pid=pid, codes=[qos if code is None else code] * len(filters))

    def unsubscribe(self, *filters: str, code: int = 0) -> Packet:
        pid = self.next_pid()
        self.send(wire.unsubscribe(pid, filters, self.version))
        codes = [code] * len(filters) if self.version == wire.V5 else []
        return self.expect_ack(wire.UNSUBACK, pid=pid, codes=codes)

    def publish(self, topic: str, payload: wire.Text = b"", qos: int = 0, code: Optional[int] = 0, **more: Any) -> Packet:
        """PUBLISH and all that follows by its QoS. `code` is the expected one; None takes any below 0x80."""
        pid = self.next_pid() if qos else None
        self.send(wire.publish(topic, payload, qos, pid, version=self.version, **more))
        if qos == 0:
            return None
        answer = self.expect_ack(wire.PUBACK if qos == 1 else wire.PUBREC, pid=pid)
        # 0x10 says that nobody subscribed, which a server may say or not.
        good = answer.code in (0, 0x10) if code in (0, None) else answer.code == code
        require(good, f"{answer} instead of code {code}")
        if qos == 2 and answer.code < 0x80:
            self.send(wire.ack(wire.PUBREL, pid))
            self.expect_ack(wire.PUBCOMP, pid=pid, code=0)
        return answer

    def receive(self, topic: Optional[str] = None, payload: Optional[wire.Text] = None, answer: bool = True,
                timeout: float = WAIT, **fields: Any) -> Packet:
        """A PUBLISH, which is acknowledged by its QoS unless `answer` is False."""
        if topic is not None:
            fields["topic"] = topic
        if payload is not None:
            fields["payload"] = payload
        packet = self.expect(wire.PUBLISH, timeout, **fields)
        if answer and packet.qos == 1:
            self.send(wire.ack(wire.PUBACK, packet.pid))
        elif answer and packet.qos == 2:
            self.send(wire.ack(wire.PUBREC, packet.pid))
            self.expect_ack(wire.PUBREL, pid=packet.pid, code=0)
            self.send(wire.ack(wire.PUBCOMP, packet.pid))
        return packet
