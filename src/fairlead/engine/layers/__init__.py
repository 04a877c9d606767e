"""One file per layer: a function from handler to handler. `engine/stack.py` orders them."""
