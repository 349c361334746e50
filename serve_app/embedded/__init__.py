"""Embedded: the servers that a laptop gets without asking."""
