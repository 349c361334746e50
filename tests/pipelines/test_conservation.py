"""Conservation: no word of a text is lost, whatever its form and its dirt.

Each word is in a cell, in the name of a column, in a reject, or in a row that the receipt holds.
"""

import pytest
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.source_plan import plan
from tests.words import FORMS, WORD, Words

TEXTS = 60  # of each form


def words_read(name: str, content: bytes) -> set[str]:
    """The words of all that comes of a file; of `7.5` also `7`, which may have been a whole one."""
    said: list[str] = []
    for table in plan([MemoryObject(name, content)], Limits()).tables:
        said += table.schema
        for fragment in table.fragments:
            for chunk in fragment.chunks(table.schema):
                said.append(repr(chunk.frame.to_dict(as_series=False)))
                said += [reject.raw.decode() for reject in chunk.rejects]
                said += [text for row in chunk.skipped_rows for text in row.cells]
    found = set(WORD.findall(" ".join(said)))
    return found | {word.removesuffix(".5") for word in found}


@pytest.mark.parametrize("form", FORMS)
def test_no_word_is_lost(form):
    """Titles, names, cells, comments, notes, torn rows, envelopes."""
    write, names = FORMS[form]
    for seed in range(TEXTS):
        words = Words(seed)
        text = write(words)

        lost = set(WORD.findall(text)) - words_read(words.chance.choice(names), text.encode())

        assert lost == set(), (seed, text)
