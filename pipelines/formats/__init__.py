"""Formats: a stored object becomes tables of independently readable fragments."""
