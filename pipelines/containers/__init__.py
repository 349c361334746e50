"""Containers: what holds other stored objects, and the limits on opening them."""
