"""Semantic types: what values mean, told by their form, their checksum and their column's name."""
