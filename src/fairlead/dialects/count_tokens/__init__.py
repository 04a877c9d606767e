"""How many tokens a request would read: one module for each provider's words."""
