"""Fakes for tests of programs that use fairlead: real objects that keep the ports' promises."""
