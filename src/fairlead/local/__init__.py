"""The embedded default: a small real model, served by a llama.cpp child process on loopback.

`weights` fetches it, `server` runs it for the calls of this process, `foreground` for others.
"""
