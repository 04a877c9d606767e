"""Where budgets are kept: in memory, in one SQLite file, or in Redis. All promise the same."""
