"""Versions: one file a step of the schema, both ways."""
