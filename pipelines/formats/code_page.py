"""Code pages: which single-byte encoding turns the bytes of a text into words of some language.

A word is as likely as its letters are in a language that is written so (a naive Bayes model with
the letters ranked by frequency); a text is as likely as its words, each in its likeliest mixture of
languages, so that lists of names from everywhere are read too. Detectors that look at bytes alone
take every third short text of western Europe for one of its neighbours.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

# How often a language is met, and its letters beyond ASCII, the most frequent first.
Language = tuple[float, str]
WEST: tuple[Language, ...] = (
    (0.22, "üäöß"),
    (0.20, "éàèêçîôâûùœëïæ"),
    (0.18, "óáíéñúü"),
    (0.10, "ãçáéíóêõúâàôü"),
    (0.06, "èàùòìé"),
    (0.08, "øåæéö"),
    (0.10, "äåöéü"),
    (0.02, "áíðéæóöþúý"),
    (0.03, "ëéïèöüêó"),
    (0.01, "äõüöšž"),
)
CENTRAL: tuple[Language, ...] = (
    (0.35, "łęóążśćńź"),
    (0.25, "áíěéčšřžýůúťóďň"),
    (0.05, "áéíýčľšžúťôóňďäŕĺ"),
    (0.20, "áéóöőíüúű"),
    (0.10, "čšžćđ"),
    (0.05, "ăîâşţ"),
)
BALTIC: tuple[Language, ...] = ((0.5, "āīēšūņžļčģķ"), (0.4, "ėįųšąžūčę"), (0.1, "äõüöšž"))
TURKISH: tuple[Language, ...] = ((1.0, "ıüşğçöâî"),)
CYRILLIC: tuple[Language, ...] = (
    (0.7, "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    (0.2, "оаинвтіресклудмпзяьбгчхйжцшщюєїфґ"),
    (0.1, "аоиентрсвлкдпмузягбчшщцжюхйфъьјљњџћђ"),
)
GREEK: tuple[Language, ...] = ((1.0, "αοιετσνηυρπκμλςωάγίόδχέθφήβύξώζψ"),)
HEBREW: tuple[Language, ...] = ((1.0, "יוהלארתבמשנכדחקפעםטןגצסזךץף"),)
ARABIC: tuple[Language, ...] = ((1.0, "ايلمنروتبةعدسفهكقأحجىشطصخضذثئءغظؤإآ"),)
THAI: tuple[Language, ...] = ((1.0, "านรอกเงยลวมส่ดตท้ัหีบคปิพชะ์ุขำไจแูืใผธโณ็ศซถึฟภษญฉ"),)
# Where two encodings make the same words, the first is taken.
ENCODINGS: tuple[tuple[str, float, tuple[Language, ...]], ...] = (
    ("cp1252", 0.55, WEST),
    ("cp1250", 0.08, CENTRAL),
    ("cp1251", 0.08, CYRILLIC),
    ("cp1253", 0.02, GREEK),
    ("cp1254", 0.03, TURKISH),
    ("cp1255", 0.02, HEBREW),
    ("cp1256", 0.02, ARABIC),
    ("cp1257", 0.01, BALTIC),
    ("iso8859-2", 0.03, CENTRAL),
    ("koi8-r", 0.02, CYRILLIC),
    ("koi8-u", 0.002, CYRILLIC),
    ("iso8859-5", 0.005, CYRILLIC),
    ("iso8859-7", 0.01, GREEK),
    ("iso8859-9", 0.01, TURKISH),
    ("iso8859-13", 0.002, BALTIC),
    ("iso8859-15", 0.02, WEST),
    ("cp850", 0.02, WEST),
    ("mac-roman", 0.01, WEST),
    ("cp852", 0.01, CENTRAL),
    ("cp866", 0.01, CYRILLIC),
    ("cp874", 0.01, THAI),
)
WORDS = re.compile(rb"[0-9A-Za-z\x80-\xff]{1,64}")
MAX_WORDS = 400
SYMBOLS = frozenset("€£§©®°±²³µ·»«“”„‘’–—…½¼¾¿¡ªº×\u00a0")  # noqa: RUF001 - as they are
UPPER, CAPITALS, SYMBOL, BY_DIGIT = 0.15, 0.6, 0.02, 0.02
UNACCENTED = 0.1  # a Greek word of several letters, which nearly always has an accent
GREEK_WORD = re.compile("[α-ω]{3,}")  # noqa: RUF001
ACCENTS = frozenset("άέήίόύώ")
STRANGE = math.log(1e-4)  # a letter of no such language
TORN = 1e-4  # a sign within a word, a capital, another script


@dataclass(frozen=True, slots=True)
class CodePage:
    """An encoding; how sure it is beside all others; and the mean log-likelihood of a byte."""

    name: str
    confidence: float
    likelihood: float


def likeliest(text: bytes) -> CodePage | None:
    """The single-byte encoding of a text; None if it is ASCII.

    >>> likeliest("Jürgen Müller, Köln".encode("cp850")).name
    'cp850'
    >>> likeliest("Łódź, Gdańsk".encode("cp1250")).name
    'cp1250'
    """
    foreign = (word for word in WORDS.findall(text) if not word.isascii())
    words = list(islice(dict.fromkeys(foreign), MAX_WORDS))
    if not words:
        return None
    scores: dict[str, float] = {}
    readings: dict[str, list[str]] = {}
    for name, share, languages in ENCODINGS:
        readings[name] = [word.decode(name, "replace") for word in words]
        scores[name] = math.log(share) + sum(_likelihood(w, languages) for w in readings[name])
    best = max(scores, key=lambda name: scores[name])
    others = (scores[name] for name in scores if readings[name] != readings[best])
    rival = max(others, default=-math.inf)
    count = sum(1 for word in words for byte in word if byte > 0x7F)
    confidence = 1 / (1 + math.exp(max(-50.0, min(50.0, rival - scores[best]))))
    return CodePage(best, round(confidence, 2), scores[best] / count)


def _likelihood(word: str, languages: Iterable[Language]) -> float:
    """The logarithm of how likely the letters beyond ASCII of a word are."""
    signs = 0.0
    letters = []
    if word.upper() == word != word.lower() and len(word) > 1:  # in capitals: charged for once
        word, signs = word.lower(), math.log(CAPITALS)
    elif GREEK_WORD.fullmatch(word) and not ACCENTS & set(word):
        signs = math.log(UNACCENTED)
    for place, letter in enumerate(word):
        before, after = word[place - 1 : place], word[place + 1 : place + 2]
        if letter.isupper() and before.islower():
            signs += math.log(TORN)
        if letter.isascii():
            continue
        if letter == "ς" and after.isalpha():  # it ends words
            signs += math.log(TORN)
        if letter in SYMBOLS or not (letter.isalpha() or _is_mark(letter)):
            within = before.isalpha() and after.isalpha() and letter != "’"  # noqa: RUF001
            signs += math.log(TORN if within or letter not in SYMBOLS else SYMBOL)
            continue
        if before.isdigit() or after.isdigit():
            signs += math.log(BY_DIGIT)
        is_latin = letter < "\u0250"
        if not is_latin and (_is_ascii_letter(before) or _is_ascii_letter(after)):
            signs += math.log(TORN)
        letters.append(letter)
    each = [
        math.log(share) + sum(_frequencies(alphabet).get(letter, STRANGE) for letter in letters)
        for share, alphabet in languages
    ]
    most = max(each)
    return signs + most + math.log(sum(math.exp(one - most) for one in each))


def _is_ascii_letter(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


def _is_mark(letter: str) -> bool:
    return "\u0e30" <= letter <= "\u0e4e"  # vowels and tones of Thai


@cache
def _frequencies(alphabet: str) -> Mapping[str, float]:
    """Logarithms, by Zipf's law over the ranks; capital letters have a share of it."""
    total = sum(1 / rank for rank in range(2, len(alphabet) + 2))
    found: dict[str, float] = {}
    for rank, letter in enumerate(alphabet, start=2):
        found[letter] = math.log(1 / rank / total)
        if letter.upper() != letter:
            found.setdefault(letter.upper(), math.log(UPPER / rank / total))
    return found
