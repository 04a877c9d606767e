"""The tables of the SQLite ledger. Amounts are nano-dollars, times seconds.

`per` is empty where an account has no period. `hold.since` and `hold.until` are on the machine's
clock, `spending.at` is since 1970; `spending.accounts` has a name a line.
"""

from __future__ import annotations

APPLICATION = 0x66616972
"""In the file's header, to tell it from others."""
VERSION = 1

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS balance (
        account TEXT NOT NULL, per TEXT NOT NULL, period INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        PRIMARY KEY (account, per, period)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS hold (
        account TEXT NOT NULL, per TEXT NOT NULL, period INTEGER NOT NULL,
        id TEXT NOT NULL, amount INTEGER NOT NULL, since REAL NOT NULL, until REAL NOT NULL,
        PRIMARY KEY (account, per, period, id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS hold_by_id ON hold (id)",
    "CREATE INDEX IF NOT EXISTS hold_by_end ON hold (until)",
    """CREATE TABLE IF NOT EXISTS spending (
        id TEXT PRIMARY KEY, at REAL NOT NULL, accounts TEXT NOT NULL,
        model TEXT NOT NULL, operation TEXT NOT NULL, amount INTEGER NOT NULL,
        usage TEXT, estimated INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS spending_by_time ON spending (at)",
)
