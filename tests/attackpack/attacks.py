"""Attacks: the table of all hostile files."""

from tests.attackpack import columnar, databases, documents, texts

ATTACKS = (*documents.ATTACKS, *databases.ATTACKS, *columnar.ATTACKS, *texts.ATTACKS)
