"""The loop of a model and its tools, written once for both colours."""
