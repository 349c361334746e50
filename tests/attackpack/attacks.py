"""Attacks: the table of all hostile files."""

from tests.attackpack import archives, columnar, databases, documents, texts

KINDS = {
    "Workbooks": (*documents.XLSX, *documents.OTHER_WORKBOOKS),
    "Markup": documents.MARKUP,
    "Databases": databases.ATTACKS,
    "Columnar files": columnar.ATTACKS,
    "Texts": texts.ATTACKS,
    "Archives": archives.ATTACKS,
}
ATTACKS = tuple(attack for attacks in KINDS.values() for attack in attacks)
