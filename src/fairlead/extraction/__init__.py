"""Typed values from a model, written once for both colours."""
