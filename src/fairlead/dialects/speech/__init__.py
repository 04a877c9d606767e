"""Saying text aloud: one module for each way to ask."""
