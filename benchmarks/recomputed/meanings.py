"""Meanings: what semantic types claim of a column, by definitions of their own (docs/artifacts.md).

`coverage` is the share of values that have the form of the type, `checksum` the share of these
whose check digits hold. Of the types in UNDEFINED, only that they are types is checked.
"""

import base64
import ipaddress
import re
import string
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from recomputed import iso
from recomputed.ledger import Ledger
from recomputed.published import Column

UNDEFINED = {"date_of_birth"}
UNDEFINED |= set() if iso.LANGUAGES else {"country_code", "currency_code", "language_code"}
PHONE = re.compile(r"phone|tel|mobil|cell|fax|handy|msisdn|whatsapp")
WORD = frozenset(string.ascii_letters + string.digits)
HEX = frozenset(string.hexdigits)
ATOM = frozenset("!#$%&'*+/=?^_`{|}~-")
IBANS = {"AT": 20, "BE": 16, "CH": 21, "DE": 22, "DK": 18, "ES": 24, "FR": 27, "GB": 22, "IT": 27,
         "NL": 18, "NO": 15, "PL": 28, "SE": 24}  # fmt: skip
LABELS = frozenset(
    {"postal_code", "national_id", "payment_card", "phone", "date_of_birth", "gtin", "isbn"}
)
PERSONAL = {
    "email": "e-mail addresses",
    "mac_address": "addresses of devices",
    "ip_address": "IP addresses",
    "iban": "bank accounts",
    "payment_card": "payment cards",
    "national_id": "national id numbers",
    "phone": "phone numbers",
    "person_name": "names of persons",
    "street_address": "postal addresses",
    "date_of_birth": "dates of birth",
}


def check(ledger: Ledger, at: str, column: Column, told: Mapping[str, Any]) -> None:
    """The claim of one column; that there is none where nearly all values are of a plain type."""
    claim, path = told.get("semanticType"), f"{at}.semanticType"
    is_personal = claim is not None and claim["type"] in PERSONAL
    if is_personal:
        ledger.same(f"{at}.personal.kind", told.get("personal", {}).get("kind"), claim["type"])
        matched, values = round(claim["coverage"] * len(column.values)), len(column.values)
        share = "all values" if matched == values else f"{matched:,} of {values:,} values"
        why = f"{share} are {PERSONAL[claim['type']]}"
        ledger.same(f"{at}.personal.why", told["personal"]["why"], why)
    if claim is None:
        for kind in ("email", "url", "uuid") if column.word == "text" else ():
            share = _share(column, FORMS[kind], None)[0]
            ledger.seen(f"{path}.type", share < 0.9, f"{share:.3f} of {kind}, and nothing is said")
        return
    form = FORMS.get(claim.get("scheme") or claim["type"])
    if form is _phone_called and not PHONE.search(column.name.lower()):
        form = _phone_anywhere
    if form is None or claim["type"] in UNDEFINED:
        ledger.seen(f"{path}.type", claim["type"] in UNDEFINED, f"{claim['type']} is no type")
        return
    proof = PROOFS.get(claim.get("scheme") or claim["type"])
    coverage, proven = _share(column, form, proof)
    ledger.near(f"{path}.coverage", claim["coverage"], coverage)
    ledger.seen(f"{path}.type", coverage >= 0.9, f"{claim['type']} is claimed of {coverage:.3f}")
    ledger.near(f"{path}.checksum", claim["checksum"], proven)
    ledger.seen(f"{path}.confidence", 0 < claim["confidence"] <= 1)
    if proven is not None:
        broken = round((1 - proven) * coverage * len(column.values))
        found = claim.get("broken", {"count": 0, "examples": []})
        texts = {_written(value).strip(" \t\r\n")[:100] for value in column.values}
        ledger.same(f"{path}.broken.count", found["count"], broken)
        for example in found["examples"]:
            is_so = form(example) and not (proof and proof(example)) and example in texts
            ledger.seen(f"{path}.broken.examples[]", is_so, f"{example} is broken")


def _share(
    column: Column, form: Callable[[str], bool], proof: Callable[[str], bool] | None
) -> tuple[float, float | None]:
    """The share of values with the form, and of these with the proof."""
    texts = [_written(value).strip(" \t\r\n") for value in column.values]
    formed = [text for text in texts if form(text)]
    share = len(formed) / len(texts) if texts else 0.0
    if proof is None or not formed:
        return share, None
    return share, sum(map(proof, formed)) / len(formed)


def _written(value: Any) -> str:
    """A whole number has no point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(text.encode()) <= 320
        and all(part and set(part) <= WORD | ATOM for part in local.split("."))
        and len(labels) > 1
        and all(each and set(each) <= WORD | {"-"} for each in labels)
        and not any(each.startswith("-") or each.endswith("-") for each in labels)
        and (labels[-1].isalpha() or labels[-1].lower().startswith("xn--"))
        and len(labels[-1]) > 1
    )


def _url(text: str) -> bool:
    scheme, colon, rest = text.partition("://")
    if any(character.isspace() or character in "<>" for character in text):
        return False
    if colon:
        known = {"http", "https", "ftp", "ftps", "sftp", "ws", "wss"}
        return scheme.lower() in known and rest[:1] not in {"", "/", "?", "#"}
    return re.match(r"(?i)www\.[^/?#]+\.[^/?#]", text) is not None


def _uuid(text: str) -> bool:
    bare = text.removeprefix("{").removesuffix("}")
    try:
        return str(UUID(bare)) == bare.lower()
    except ValueError:
        return False


def _mac(text: str) -> bool:
    pairs = [text.split(mark) for mark in ":-"]
    groups = text.split(".")
    is_so = any(len(each) == 6 and all(len(pair) == 2 for pair in each) for each in pairs)
    is_so = is_so or (len(groups) == 3 and all(len(group) == 4 for group in groups))
    return is_so and set(text) - set(":-.") <= HEX


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _iban(text: str) -> bool:
    bare = text.replace(" ", "").replace("-", "")
    return (
        15 <= len(bare) <= 34
        and bare.isalnum()
        and bare.isascii()
        and bare[:2].isalpha()
        and bare[2:4].isdigit()
    )


def _iban_holds(text: str) -> bool:
    bare = text.replace(" ", "").replace("-", "").upper()
    turned = "".join(str(int(symbol, 36)) for symbol in bare[4:] + bare[:4])
    return int(turned) % 97 == 1 and len(bare) == IBANS.get(bare[:2], len(bare))


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdigit()]


def _luhn(text: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(_digits(text))):
        twice = digit * (1 + place % 2)
        total += twice - 9 if twice > 9 else twice
    return total % 10 == 0


def _card(text: str) -> bool:
    """The ranges of Visa, Mastercard, American Express, Discover, JCB, UnionPay and Diners."""
    if re.search(r"[^0-9 -]|[ -]{2}|^[ -]|[ -]$", text):
        return False
    number = "".join(map(str, _digits(text)))
    size, first = len(number), {n: int(number[:n] or 0) for n in (1, 2, 3, 4)}
    return (
        (first[1] == 4 and size in {13, 16, 19})
        or (size == 16 and (51 <= first[2] <= 55 or 2221 <= first[4] <= 2720))
        or (size == 15 and first[2] in {34, 37})
        or (16 <= size <= 19 and (first[4] == 6011 or first[2] in {62, 65}))
        or (16 <= size <= 19 and (644 <= first[3] <= 649 or 3528 <= first[4] <= 3589))
        or (size == 14 and (300 <= first[3] <= 305 or first[2] in {36, 38, 39}))
    )


def _json(text: str) -> bool:
    """That it begins and ends so; nearly all that do are JSON where it is claimed."""
    return len(text) > 1 and text[0] + text[-1] in {"{}", "[]"}


def _hash(text: str) -> bool:
    return len(text) in {32, 40, 56, 64, 96, 128} and set(text) <= HEX


def _weighted(text: str, weights: tuple[int, ...], by: int, size: int) -> int:
    digits = _digits(text.zfill(size) if text.isdigit() else text)
    return sum(d * w for d, w in zip(digits, weights, strict=False)) % by


def _cpf_holds(text: str) -> bool:
    digits = _digits(text.zfill(11) if text.isdigit() else text)
    for n in (9, 10):
        rest = sum(d * (n + 1 - place) for place, d in enumerate(digits[:n])) * 10 % 11 % 10
        if rest != digits[n]:
            return False
    return len(set(digits)) > 1


def _dni_holds(text: str) -> bool:
    bare = text.replace(" ", "").replace("-", "").upper()
    number = str("XYZ".find(bare[0])) if bare[0] in "XYZ" else bare[0]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number + bare[1:8]) % 23] == bare[8]


def _nir_holds(text: str) -> bool:
    bare = text.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return int(bare[:13]) % 97 + int(bare[13:]) == 97


def _resident_holds(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(c) * w for c, w in zip(text[:17], weights, strict=True)) % 11
    return "10X98765432"[rest] == text[17].upper()


def _hetu_holds(text: str) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31] == text[10].upper()


# What a letter counts on an odd place, from A; 0 to 9 count as A to J.
CODICE = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
    25,
    24,
    23,
)


def _codice_holds(text: str) -> bool:
    total = 0
    for place, symbol in enumerate(text[:15].upper(), 1):
        letter = string.ascii_uppercase[int(symbol)] if symbol.isdigit() else symbol
        at = ord(letter) - ord("A")
        total += CODICE[at] if place % 2 else at
    return string.ascii_uppercase[total % 26] == text[15].upper()


def _bsn_holds(text: str) -> bool:
    digits = _digits(text.zfill(9))
    return sum(d * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0


def _tax_id_holds(text: str) -> bool:
    """ISO 7064, MOD 11,10, as its definition has it: the remainders with the check digit are 1."""
    product = 10
    digits = _digits(text.zfill(11))
    for digit in digits[:10]:
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (product + digits[10]) % 10 == 1


def _phone(text: str, *, called: bool) -> bool:
    """Digits in groups, `+` or 00 in front; unless the column is called so, that of a country.

    North American numbers stand for themselves: an area and an exchange that begin with 2 to 9.
    """
    bare = re.sub(r" ?(x|ext\.?) ?[0-9]{1,6}$", "", text)
    marks = set(bare) - set("0123456789")
    digits = "".join(filter(str.isdigit, bare))
    if not marks <= set("+ ./()-") or "+" in bare[1:] or not 6 <= len(text.encode()) <= 30:
        return False
    gaps = [len(gap) for gap in re.split("[0-9]", bare.lstrip("+"))]
    if called and not bare.startswith(("+", "00")):
        return 6 <= len(digits) <= 15 and gaps[0] <= 1 and max(gaps[1:-1]) <= 3 and not gaps[-1]
    if called:
        return 6 <= len(digits) <= 17 and max(gaps[1:-1]) <= 3 and not gaps[-1]
    if bare.startswith("+") and digits[:1] not in {"", "0"} and not gaps[0] and not gaps[-1]:
        return 7 <= len(digits) <= 15 and max(gaps) <= 3
    ours = digits.removeprefix("1") if len(digits) == 11 else digits
    return len(ours) == 10 and "0" not in ours[0] + ours[3] and "1" not in ours[0] + ours[3]


def _phone_called(text: str) -> bool:
    return _phone(text, called=True)


def _phone_anywhere(text: str) -> bool:
    return _phone(text, called=False)


def _person(text: str) -> bool:
    """Letters and marks, the signs of names between them."""
    kinds = {unicodedata.category(c)[0] for c in text if c not in "'\u2019.,()\" -"}
    return 2 <= len(text.encode()) <= 80 and text[:1].isalpha() and kinds <= {"L", "M"}


def _street(text: str) -> bool:
    return 3 <= len(text.encode()) <= 300 and any(character.isalpha() for character in text)


def _postal(text: str) -> bool:
    """The shapes of many countries, 9 for a digit and A for a letter of either size."""
    shape = "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in text)
    plain = {"9999", "99999", "999999", "99-999", "A9A9A9", "A9A 9A9", "9999AA", "9999 AA"}
    parted = {f"{'9' * 5}-{'9' * n}" for n in (3, 4)}
    parted |= {f"999{mark}{'9' * n}" for mark in " -" for n in (2, 3, 4)}
    british = {a + b + c for a in ("A9", "AA9", "A99", "AA99", "A9A", "AA9A")
               for b in ("", " ") for c in ("9AA",)}  # fmt: skip
    country = {f"{a}-{'9' * n}" for a in ("A", "AA") for n in (4, 5)}
    if shape in country and shape not in plain:
        return text.partition("-")[0].isupper()
    return text.isascii() and shape in plain | parted | british


NUMBER = {"no", "nr", "num", "number"}
NUMBERED = re.findall(
    r"\w+",
    "account acct invoice order customer client policy contract claim ticket serial card phone"
    " document receipt reference ref booking flight license licence passport tracking part article"
    " registration membership tax vat",
)
JOINED = re.compile(
    r"(?:site|u?subj|subject|patient|cust|customer|client|user|person|employee|emp|order|invoice"
    r"|product|prod|item|store|account|device|session|event)id"
)


def is_label(column: Column, claim: str | None) -> bool:
    """Whether numbers are keys or codes: by what they mean, or whole ones that are called so."""
    if column.word not in {"integer", "number", "decimal"}:
        return False
    if claim in LABELS:
        return True
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", " ", column.name).lower().split()
    is_called = bool({"id", "key", "pk", "uid", "uuid", "guid", "identifier"} & set(spaced))
    is_called = is_called or spaced[-1:] == ["code"]
    is_called = is_called or any(JOINED.fullmatch(word) for word in spaced)
    is_called = is_called or (spaced[-2:-1] and spaced[-2] in NUMBERED and spaced[-1] in NUMBER)
    is_kind = bool({"status", "type", "category"} & set(spaced[-1:]))
    is_called = is_called or (is_kind and len(set(column.values)) != 2)
    return bool(is_called) and all(value == int(value) for value in column.finite)


def _country(text: str) -> bool:
    return text.upper() in (iso.COUNTRIES if len(text) == 2 else iso.COUNTRIES_3)


def _currency(text: str) -> bool:
    return text.upper() in iso.CURRENCIES


def _language(text: str) -> bool:
    """A language, or a locale of a language and a country with a script between them perhaps."""
    if len(text) == 2:
        return text.lower() in iso.LANGUAGES
    language, *rest = re.split("[-_]", text)
    sizes = [len(part) for part in rest]
    return (
        2 <= len(language) <= 3
        and language.isalpha()
        and language.islower()
        and sizes in ([2], [4, 2])
        and rest[-1].isupper()
        and all(part.isalpha() and part[0].isupper() for part in rest)
    )


def _base64(text: str) -> bool:
    """What a decoder takes, of 16 characters and more."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(text) >= 16


def _path(text: str) -> bool:
    """From a root, a drive, a share, home, here or above, with a folder on the way."""
    if re.match(r"[A-Za-z]:[\\/]", text):
        return not set(text[3:]) & set('\0\n*?"<>|')
    if text.startswith("\\\\"):
        host, mark, rest = text[2:].partition("\\")
        return bool(host and mark) and not set(host + rest) & set("\0\n")
    root = next((start for start in ("~/", "../", "./", "/") if text.startswith(start)), None)
    if root is None:
        return False
    first, mark, rest = text.removeprefix(root).partition("/")
    is_first = bool(first and mark) and not set(first) & set('\0\n:*?"<>|')
    return is_first and not set(rest) & set("\0\n")


def _gtin_holds(text: str) -> bool:
    digits = _digits(text)[::-1]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _isbn_holds(text: str) -> bool:
    bare = re.sub("[ -]", "", text).upper()
    if len(bare) == 13:
        return bare.isdigit() and _gtin_holds(bare)
    values = [10 if symbol == "X" else int(symbol) for symbol in bare]
    return sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0


def _nhs_holds(text: str) -> bool:
    """The check digit is 11 less the rest of the weighted sum; 11 is 0, and 10 is none."""
    digits = _digits(text)
    check = 11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == digits[9] and check != 10 and any(digits)


def _is(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def _between(low: float, high: float) -> Callable[[str], bool]:
    return lambda text: low <= float(text) <= high


FORMS: Mapping[str, Callable[[str], bool]] = {
    "email": _email,
    "url": _url,
    "uuid": _uuid,
    "mac_address": _mac,
    "ip_address": _ip,
    "iban": _iban,
    "payment_card": _card,
    "json": _json,
    "hash": _hash,
    "latitude": _between(-90, 90),
    "longitude": _between(-180, 180),
    "Spanish DNI or NIE": _is(r"[XYZxyz\d]\d{7}[ -]?[A-Za-z]"),
    "Brazilian CPF": _is(r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{10,11}"),
    "French NIR": _is(r"[12]( ?\d){4} ?(\d[\dAB]|2[ab])( ?\d){8}"),
    "Swiss AHV": _is(r"756\.?\d{4}\.?\d{4}\.?\d{2}"),
    "Finnish HETU": _is(r"\d{6}[-+A-Fa-fU-Yu-y]\d{3}[0-9A-Za-z]"),
    "Swedish personnummer": _is(r"(\d\d)?\d{6}[-+]\d{4}"),
    "Chinese resident id": _is(r"\d{17}[\dXx]"),
    "Italian codice fiscale": _is(r"(?i)[a-z]{6}\d\d[abcdehlmprst]\d\d[a-z]\d{3}[a-z]"),
    "Polish PESEL": _is(r"\d{9,11}"),
    "Dutch BSN": _is(r"\d{8,9}"),
    "German tax id": _is(r"[1-9]\d( ?\d{3}){3}"),
    "US social security number": _is(r"\d{3}-?\d{2}-?\d{4}|\d{7,8}"),
    "British national insurance number": _is(
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]( ?\d\d){3} ?[A-D]"
    ),
    "British NHS number": _is(r"\d{3}[ -]?\d{3}[ -]?\d{4}"),
    "country_code": _country,
    "currency_code": _currency,
    "language_code": _language,
    "base64": _base64,
    "file_path": _path,
    "gtin": _is(r"\d{8}|\d{11,14}"),
    "isbn": _is(r"(97[89][ -]?)?\d([ -]?\d){8}[ -]?[\dXx]"),
    "phone": _phone_called,
    "person_name": _person,
    "street_address": _street,
    "postal_code": _postal,
}
PROOFS: Mapping[str, Callable[[str], bool]] = {
    "iban": _iban_holds,
    "payment_card": _luhn,
    "Spanish DNI or NIE": _dni_holds,
    "Brazilian CPF": _cpf_holds,
    "French NIR": _nir_holds,
    "Swiss AHV": lambda text: _weighted(text, (1, 3) * 6 + (1,), 10, 13) == 0,
    "Finnish HETU": _hetu_holds,
    "Swedish personnummer": lambda text: _luhn("".join(map(str, _digits(text)))[-10:]),
    "Chinese resident id": _resident_holds,
    "Italian codice fiscale": _codice_holds,
    "Polish PESEL": lambda text: _weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10, 11) == 0,
    "Dutch BSN": _bsn_holds,
    "British NHS number": _nhs_holds,
    "gtin": _gtin_holds,
    "isbn": _isbn_holds,
    "German tax id": _tax_id_holds,
}
