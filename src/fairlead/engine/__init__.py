"""The engine: one core of coroutines for both colours, in layers around one HTTP exchange."""
