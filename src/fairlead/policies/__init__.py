"""Pure deciders: what to do next, from what happened. No clock, no I/O; randomness is passed in."""
