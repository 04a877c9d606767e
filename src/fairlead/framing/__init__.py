"""Bytes to frames and back: no I/O, any split of the bytes, bounded memory."""
