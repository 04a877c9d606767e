"""Ports of loopback that stay free until a server takes them, or on which nobody ever listens."""

from __future__ import annotations

import random
import socket

_RANGE = range(10_000, 32_000)
"""Below those that systems give away by themselves, at any moment and for any connection."""

_dice = random.SystemRandom()  # not the one that is seeded anew for each test


def free_port() -> int:
    """Free for TCP and UDP alike."""
    while True:
        port = _dice.choice(_RANGE)
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
