"""Attacks: the table of all hostile files."""

from tests.attackpack import documents

ATTACKS = (*documents.ATTACKS,)
