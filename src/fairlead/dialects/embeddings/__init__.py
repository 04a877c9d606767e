"""Texts to vectors: one module for each provider's words."""
