"""A TCP proxy that deals each new connection to the next of several addresses, byte by byte, with ends and resets as they come.

A SUBACK comes a little later: other pods hear of a subscription through ZooKeeper, and suites of one broker publish at once.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from typing import Optional

Address = tuple[str, int]

SUBACK = 0x90
# Many times what a cluster takes in 99 of 100 cases (docs/performance.md): a dozen of them share this machine meanwhile.
SUBACK_DELAY_SECONDS = 0.2


class Half(asyncio.Protocol):
    """One side of a proxied connection; what it gets goes to `other`."""

    def __init__(self) -> None:
        self.other: Optional[Half] = None
        self.transport: Optional[asyncio.Transport] = None
        self.early: list[bytes] = []  # came before the other side stood
        self.early_end = False

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def join(self, other: "Half") -> None:
        self.other, other.other = other, self
        for half in (self, other):
            for data in half.early:
                half.other.transport.write(data)
            half.early.clear()
            if half.early_end:
                half.eof_received()

    def data_received(self, data: bytes) -> None:
        if self.other:
            self.other.transport.write(data)
        else:
            self.early.append(data)

    def eof_received(self) -> bool:
        if not self.other:
            self.early_end = True
        elif self.other.transport.can_write_eof() and not self.other.transport.is_closing():
            self.other.transport.write_eof()
        return True  # our own direction may go on

    def connection_lost(self, why: Optional[Exception]) -> None:
        if not self.other or self.other.transport.is_closing():
            return
        if why:
            self.other.reset()
        else:
            self.other.transport.close()

    def reset(self) -> None:
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def pause_writing(self) -> None:
        if self.other and not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and not self.other.transport.is_closing():
            self.other.transport.resume_reading()


class Far(Half):
    """The side of the pod."""

    def data_received(self, data: bytes) -> None:
        if data[0] & 0xF0 != SUBACK or not self.other:
            return super().data_received(data)
        self.transport.pause_reading()
        asyncio.get_running_loop().call_later(SUBACK_DELAY_SECONDS, self._pass_on, data)

    def _pass_on(self, data: bytes) -> None:
        if self.other.transport.is_closing() or self.transport.is_closing():
            return
        self.other.transport.write(data)
        self.transport.resume_reading()


async def spread(listen: socket.socket, pods: list[Address]) -> asyncio.Server:
    """Listens at a bound socket and deals in turns; a connection whose pod refuses is reset."""
    loop, turn = asyncio.get_running_loop(), itertools.cycle(pods)
    joining: set[asyncio.Task] = set()

    async def meet(near: Half, pod: Address) -> None:
        try:
            _, far = await loop.create_connection(Far, *pod)
        except OSError:
            near.reset()
        else:
            if near.transport.is_closing():
                far.transport.abort()
            else:
                near.join(far)

    class Near(Half):
        def connection_made(self, transport) -> None:
            super().connection_made(transport)
            task = asyncio.ensure_future(meet(self, next(turn)))
            joining.add(task)
            task.add_done_callback(joining.discard)

    return await loop.create_server(Near, sock=listen, backlog=4096)
