"""ZooKeeper servers from Debian's package."""

from __future__ import annotations

import pathlib

from .network import Loopback, Namespaces
from .ports import free_port
from .process import Process, connect

CLASS_PATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar"
FLAGS = [
    # Without it, closing a session with very many ephemeral nodes writes one transaction too large to be read again.
    "-Dzookeeper.closeSessionTxn.enabled=false",
    "-Djute.maxbuffer=16777216",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
]


def mode(address: str) -> str:
    """`standalone`, `leader` or `follower` by the four-letter word `srvr`; empty without a quorum."""
    try:
        with connect(address) as link:
            link.sendall(b"srvr")
            said = b""
            while more := link.recv(4096):
                said += more
    except OSError:
        return ""
    words = [line.split()[1] for line in said.decode(errors="replace").splitlines() if line.startswith("Mode:")]
    return words[0] if words else ""


def make(count: int, tick_ms: int, home: pathlib.Path, network: Loopback | Namespaces,
         heap: str = "1g") -> list[Process]:
    """The servers of an ensemble, not started."""
    names = [f"server-{i + 1}" for i in range(count)]
    hosts = [network.host(name) for name in names]
    ports = [free_port() for _ in range(3 * count)]
    clients, peers = ports[:count], ports[count:]
    members = "" if count == 1 else "".join(
        f"server.{i + 1}={hosts[i]}:{peers[2 * i]}:{peers[2 * i + 1]}\n" for i in range(count))
    made = []
    for i, (name, host, port) in enumerate(zip(names, hosts, clients)):
        place = home / name
        place.mkdir()
        (place / "myid").write_text(f"{i + 1}\n")
        (place / "zoo.cfg").write_text(
            f"tickTime={tick_ms}\ninitLimit=20\nsyncLimit=10\ndataDir={place}\n"
            f"clientPortAddress={host}\nclientPort={port}\nmaxClientCnxns=0\n"
            f"admin.enableServer=false\n4lw.commands.whitelist=srvr,mntr\n{members}")
        command = ["java", f"-Xmx{heap}", *FLAGS, "-cp", CLASS_PATH,
                   "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(place / "zoo.cfg")]
        made.append(Process("server", name, f"{host}:{port}", place / "log", network.inside(name, command),
                            lambda process: mode(process.address) != ""))
    return made


def start(servers: list[Process]) -> None:
    for server in servers:
        server.launch()
    for server in servers:
        server.await_ready()
        print(server, flush=True)


def addresses(servers: list[Process]) -> str:
    """As the pods' option `zk.servers` wants them."""
    return ",".join(server.address for server in servers)
