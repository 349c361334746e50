"""Double bytes: whether a text is in one of the encodings of East Asia, whose letters are pairs."""

import re
from collections.abc import Mapping

import chardet

# The lead bytes of kana, hangul and the usual characters; other texts have any byte there.
COMMON_LEADS: Mapping[str, bytes] = {
    "cp932": bytes(range(0x81, 0x99)),
    "euc-jp": bytes([0xA1, 0xA3, 0xA4, 0xA5, *range(0xB0, 0xD0)]),
    "gb18030": bytes([*range(0xA1, 0xAA), *range(0xB0, 0xD8)]),
    "big5": bytes(range(0xA1, 0xC7)),
    "cp949": bytes([0xA1, 0xA3, *range(0xB0, 0xC9)]),
}
SAME_AS = {
    **dict.fromkeys(("shift_jis", "shift-jis", "shift_jis_2004", "shift_jisx0213"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("euc-kr", "johab"), "cp949"),
    **dict.fromkeys(("big5hkscs", "big5-hkscs", "cp950"), "big5"),
    **dict.fromkeys(("euc_jp", "euc-jis-2004", "euc_jis_2004"), "euc-jp"),
}
PAIR = rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]"
IN_WORDS = re.compile(rb"[a-z](?:" + PAIR + rb")+|(?:" + PAIR + rb")+")  # `M\xfcller` is the former
ENOUGH, FEW = 0.85, 0.1
MIN_PAIRS = 2


def detect(text: bytes) -> str | None:
    """The encoding of a text whose every byte beyond ASCII fits it, most of them usually.

    >>> detect("東京都,大阪市".encode("cp932")), detect("Müller, Köln".encode("cp1252"))
    ('cp932', None)
    """
    answer = str(chardet.detect(text).get("encoding") or "").lower()
    first = SAME_AS.get(answer, answer)
    names = sorted(COMMON_LEADS, key=lambda name: name != first)
    return next((name for name in names if _fits(text, name)), None)


def _fits(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except UnicodeDecodeError as error:
        if error.start < len(text) - 2:  # a sample may end within a pair
            return False
    runs = IN_WORDS.findall(text)
    leads = [lead for run in runs for lead in run[len(run) % 2 :: 2]]
    torn = sum(len(run) % 2 for run in runs)
    common = sum(lead in COMMON_LEADS[name] for lead in leads)
    return len(leads) >= MIN_PAIRS and common >= ENOUGH * len(leads) and torn <= FEW * len(leads)
