"""Benchmarks: a package of its own, since one of the peers installs another one of this name."""
