"""Free ports of loopback, held so that no other run of these tools is given them."""

from __future__ import annotations

import random
import socket

# Below the range that the kernel takes for outgoing connections.
RANGE = range(20000, 32000)

_candidates = iter(random.sample(RANGE, len(RANGE)))
_held: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody has, never given twice, and kept from other processes that look for one as long as this lives.

    It is kept by a socket that is bound and does not listen. A server that sets SO_REUSEADDR, as all of ours do, may listen
    there nevertheless; a search like this one is refused.
    """
    for port in _candidates:
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
            continue
        # Only now: with it before, a second search would share the port.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _held.append(holder)
        return port
    raise OSError(f"no free port on loopback between {RANGE.start} and {RANGE.stop - 1}")
