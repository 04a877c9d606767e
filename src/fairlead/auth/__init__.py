"""Credentials: how a request is authorised. No I/O, no clock."""
