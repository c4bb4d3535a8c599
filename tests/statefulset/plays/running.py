"""The overlay `production`: three servers, three pods, TLS between them, accounts. Servers come and go."""

from __future__ import annotations

import socket
import ssl

from harness.client import Client, equal, require
from harness.wire import V5

from .stage import Stage, ask, play

AWAY = 2  # sessions of each version at each pod


@play("production")
def it_starts_with_the_secrets_of_the_readme(s: Stage) -> None:
    s.world.start()
    pods = s.world.broker_set.all()
    for pod in pods:
        equal(ask(s.world, pod, "/readyz")[0], 200, f"{pod.name} is ready")
        stranger = Client((pod.address, pod.ports["mqtt"]), V5, "stranger")
        stranger.connect(code=0x87)
        stranger.close()
    s.leave_behind(AWAY)
    s.all_are_there()
    # Links are closed to who has no certificate of the pods' authority.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((pods[0].address, pods[0].ports["links"]), timeout=5) as plain:
        try:
            with context.wrap_socket(plain) as link:
                refused = link.recv(1) == b""
        except (ssl.SSLError, ConnectionError):
            refused = True
    require(refused, "a link without a certificate is let in")


@play("production")
def a_server_is_lost_and_comes_back_with_its_old_volume_under_load(s: Stage) -> None:
    """What the others wrote meanwhile it must have before it counts: afterwards another one goes for good."""
    s.leave_behind(AWAY)
    servers = s.world.servers
    s.under_load(lambda: servers.lose(2), lambda: servers.reschedule(2), lambda: servers.lose(0))
    s.all_are_there()
    servers.reschedule(0)


@play("production")
def all_servers_are_restarted_in_turn_under_load(s: Stage) -> None:
    s.leave_behind(AWAY)
    servers = s.world.servers
    s.under_load(servers.roll)
    s.all_are_there()


@play("production")
def all_pods_are_restarted_in_turn_under_load(s: Stage) -> None:
    s.leave_behind(AWAY)
    s.leave_under_load(s.world.broker_set.roll)
    s.all_are_there()
