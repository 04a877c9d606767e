"""Providers as data: one TOML table each, and the registry that turns model names into targets."""
