"""Checks of any server against the protocol that it claims to speak.

A check is one small function in `checks/`: it asks a `Peer`, and says what it found. What differs
from protocol to protocol stands in `protocol.py` and its three neighbours.
"""
