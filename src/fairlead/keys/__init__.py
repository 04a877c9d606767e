"""Where credentials are kept: keyrings, commands, token files, cloud libraries.

The part of credentials that does I/O; `auth` is the part that does none.
"""
