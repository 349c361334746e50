"""Text encodings: bytes become the words that were written, in short texts too."""

import pytest

from pipelines.formats import text_encoding

TEXTS = {
    "cp1252": [
        "name\nMüller\n",
        "name\nJosé\n",
        "n\nFrançois\nHélène\nNoël\n",
        "city,n\nZürich,1\nGenève,2\n",
        "n\nÅrhus\nØrsted\nsmørrebrød\n",
        "n\nMalmö\nGöteborg\nsjön\n",
        "n\nSão Paulo\ncoração\ninformações\n",
        "id;prix\n1;5 €\n",
        "a,b\n1,£5\n2,25°C\n",
        "x\n“quoted” text – dash\nl’été\n",
    ],
    "cp1250": ["imię\nŁódź\nżółw\nGdańsk\n", "jméno\nPříliš žluťoučký kůň\n", "név\nŐrség\nfűtő\n"],
    "cp1251": [
        "ФАМИЛИЯ;ИМЯ;ГОРОД\nИВАНОВ;ИВАН;МОСКВА\nПЕТРОВ;ПЁТР;КАЗАНЬ\n",
        "имя\nМосква\n",
        "назва\nКиїв\nЇжак\n",
    ],
    "cp1253": ["ΟΝΟΜΑ;ΠΟΛΗ\nΓΙΩΡΓΟΣ;ΑΘΗΝΑ\nΜΑΡΙΑ;ΠΑΤΡΑ\n", "όνομα\nΓιώργος\n"],
    "cp1254": ["isim\nŞişli\nığdır\nGüneş\n"],
    "cp1255": ["שם\nמשה כהן\nירושלים\n"],
    "cp1256": ["اسم\nمحمد\nالقاهرة\n"],
    "koi8-r": ["ФАМИЛИЯ;ИМЯ\nИВАНОВ;ИВАН\nПЕТРОВ;МОСКВА\n", "имя\nМосква\nИван Петров\n"],
    "cp850": ["name\nJürgen\nKöln\ngrößer\n"],
    "mac-roman": ["name\nJürgen\nKöln\ngrößer\n"],
    "cp866": ["имя\nМосква\n"],
    "cp874": ["ชื่อ\nกรุงเทพมหานคร\n"],
    "cp932": ["名前\n東京都\nカタカナ\n"],
    "euc-jp": ["名前\n東京都大阪市\nひらがなカタカナ日本語\n"],
    "gb18030": ["名字\n北京市\n上海市\n电话\n"],
    "big5": ["姓名\n臺北市\n中華民國\n電話\n"],
    "cp949": ["이름\n서울특별시\n부산광역시\n"],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts]
)
def test_short_texts_are_read_as_they_were_written(name, text):
    """Whatever the encoding is called, the words are these."""
    content = text.encode(name)

    assert content.decode(text_encoding.detect(content).name) == text


def test_one_foreign_letter_is_of_western_europe():
    """A single ä says little, and a Hebrew letter alone would say less."""
    found = text_encoding.detect("a,b\nä,2\n".encode("cp1252"))

    assert found.name == "cp1252"


def test_a_line_that_ends_in_a_foreign_letter_is_no_cut_utf8():
    """Only where the sample is cut may its last character be."""
    assert text_encoding.detect(b"n\nJos\xe9\n").name == "cp1252"
    assert text_encoding.detect(b"a" * (1 << 16) + "é".encode()).name == "utf-8"
    assert text_encoding.detect(b"a" * ((1 << 16) - 1) + "éa".encode() * 9).name == "utf-8"


def test_bytes_of_no_language_fall_back_with_little_confidence():
    """Something has to be said, but not loudly."""
    found = text_encoding.detect(bytes(range(0x80, 0x100)) * 3)

    assert found.confidence <= 0.3


def test_foreign_letters_that_come_late_are_looked_at():
    """Where the beginning is ASCII, the first lines that are not decide."""
    content = b"x;y\n" + b"abc;1\n" * 12_000 + "Москва;3\n".encode("cp1251") * 50

    assert text_encoding.detect(content).name == "cp1251"


def test_a_long_cell_costs_no_more_than_its_length():
    """A hundred kilobytes of base64 before one foreign letter are read in no time."""
    content = b"a,b\n" + b"QUJD" * 25_000 + b",\xe9\n"

    assert text_encoding.detect(content).name == "cp1252"
