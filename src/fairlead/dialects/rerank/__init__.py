"""Documents in the order of their relevance: one module for each provider's words."""
