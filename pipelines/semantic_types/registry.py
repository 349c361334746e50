"""Registry: every semantic type. Of two that fit a column equally, the first one is claimed."""

from collections.abc import Mapping

from pipelines.semantic_types import checksums, national_ids, signs
from pipelines.semantic_types.codes import COUNTRIES, COUNTRIES_3, CURRENCIES, LANGUAGES
from pipelines.semantic_types.kind import CODES, NESTED, REALS, TEXT, WHOLE, Kind

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_HEX = "[0-9a-fA-F]"
_GROUP = f"{_HEX}{{1,4}}"
_IPV6 = "|".join(
    [
        rf"(?:{_GROUP}:){{7}}{_GROUP}",
        *(rf"(?:{_GROUP}:){{1,{n}}}(?::{_GROUP}){{1,{7 - n}}}" for n in range(1, 7)),
        rf"(?:{_GROUP}:){{1,7}}:",
        rf":(?::{_GROUP}){{1,7}}",
        "::",
        rf"::(?:[fF]{{4}}:)?{_IPV4}",
    ]
)
_LOCAL = r"[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?:\p{L}{2,}|[xX][nN]--[a-zA-Z0-9-]+)"
_NANP = r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
_E164 = r"\+[1-9][ ./()-]{0,2}\d(?:[ ./()-]{0,2}\d){5,13}"
_EXTENSION = r"(?: ?(?:x|ext\.?) ?\d{1,6})?"
_CARD = (
    r"4(?:[ -]?\d){12}(?:(?:[ -]?\d){3}){0,2}"
    r"|(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))(?:[ -]?\d){12}"
    r"|3[47]\d\d(?:[ -]?\d){11}"
    r"|(?:6011|65\d\d|64[4-9]\d|35(?:2[89]|[3-8]\d)|62\d\d)(?:[ -]?\d){12,15}"
    r"|3(?:0[0-5]|[689]\d)\d(?:[ -]?\d){10}"
)
_PERSON = r"\p{L}[\p{L}\p{M}'\x{2019}.,()\" -]*"
_POSTAL = (
    r"\d{4,6}"
    r"|\d{5}-\d{3,4}"
    r"|\d{3}[ -]\d{2,4}"
    r"|\d{2}-\d{3}"
    r"|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"
    r"|[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"
    r"|\d{4} ?[A-Za-z]{2}"
    r"|[A-Z]{1,2}-\d{4,5}"
)


def _national(key: str, pattern: str, scheme: str, **facts: object) -> Kind:
    made: dict[str, object] = {
        "lengths": (8, 21),
        "named_confidence": 0.97,
        "columns": CODES if facts.get("named_pattern") else TEXT,
        "personal": "national id numbers",
        "confidence": 0.9,
    }
    return Kind(key, "national_id", pattern, scheme=scheme, **made | facts)  # type: ignore[arg-type]


KINDS: tuple[Kind, ...] = (
    Kind(
        "email",
        "email",
        rf"{_LOCAL}@{_DOMAIN}",
        lengths=(6, 320),
        has="@",
        name="email|mail|mails|emails",
        confidence=0.98,
        named_confidence=0.99,
        personal="e-mail addresses",
        stray=True,
    ),
    Kind(
        "url",
        "url",
        r"(?i:(?:https?|ftps?|sftp|wss?)://[^\s/?#<>]+[^\s<>]*|www\.[^\s/?#<>]+\.[^\s<>]+)",
        lengths=(7, 8192),
        name="url|uri|link|href|website|homepage",
        confidence=0.98,
        named_confidence=0.99,
    ),
    Kind(
        "uuid",
        "uuid",
        rf"\{{?{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\}}?",
        lengths=(36, 38),
        name="uuid|guid",
        confidence=0.99,
        named_confidence=0.99,
    ),
    Kind(
        "mac",
        "mac_address",
        rf"{_HEX}{{2}}(?:(?::{_HEX}{{2}}){{5}}|(?:-{_HEX}{{2}}){{5}})|{_HEX}{{4}}(?:\.{_HEX}{{4}}){{2}}",
        lengths=(14, 17),
        name="mac|bssid",
        confidence=0.97,
        named_confidence=0.99,
        personal="addresses of devices",
    ),
    Kind(
        "ip",
        "ip_address",
        rf"{_IPV4}|{_IPV6}",
        lengths=(2, 45),
        sound=signs.of_an_address,
        least_sound=0.5,
        distinct=2,
        name="ip|ips|ipv4|ipv6|ip address|ipaddress|host|client|server|remote|gateway",
        unlike="version|ver|versions|release|build|firmware|oid|section|chapter",
        named_confidence=0.97,
        personal="IP addresses",
    ),
    Kind(
        "iban",
        "iban",
        r"[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}",
        lengths=(15, 50),
        sound=checksums.iban,
        chance=0.01,
        name="iban|bank account|account|konto",
        confidence=0.99,
        named_confidence=0.99,
        personal="bank accounts",
        stray=True,
    ),
    Kind(
        "card",
        "payment_card",
        _CARD,
        lengths=(13, 28),
        columns=CODES,
        sound=checksums.luhn,
        chance=0.1,
        name="card|cards|credit card|card number|cardnumber|creditcard|cc|pan|ccnum|kreditkarte",
        named_confidence=0.99,
        personal="payment cards",
    ),
    _national("es_dni", r"[XYZxyz\d]\d{7}[ -]?[A-Za-z]", "Spanish DNI or NIE",
              sound=national_ids.es_dni, chance=0.05, name="dni|nie|nif"),
    _national("it_cf", r"[A-Za-z]{6}\d{2}[A-Ea-eHhLMPlmpR-Tr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]",
              "Italian codice fiscale", sound=national_ids.it_codice_fiscale, chance=0.05,
              name="codice fiscale|cf", confidence=0.98),
    _national("fr_nir",
              r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ABab])(?: ?\d{3}){2} ?\d{2}",
              "French NIR", sound=national_ids.fr_nir, chance=0.02, name="nir|insee|secu",
              columns=CODES),
    _national("br_cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "Brazilian CPF",
              named_pattern=r"\d{10,11}|\d{3}\.\d{3}\.\d{3}-\d{2}",
              sound=national_ids.br_cpf, chance=0.02, name="cpf"),
    _national("pl_pesel", r"\d{2}(?:[02468][1-9]|[13579][0-2])(?:0[1-9]|[12]\d|3[01])\d{5}",
              "Polish PESEL", named_pattern=r"\d{9,11}", sound=national_ids.pl_pesel, chance=0.1,
              name="pesel", confidence=0.8),
    _national("nl_bsn", r"\d{8,9}", "Dutch BSN", named_pattern=r"\d{8,9}",
              sound=national_ids.nl_bsn, chance=0.1, name="bsn|sofi|burgerservicenummer",
              only_named=True),
    _national("cn_id",
              r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]",
              "Chinese resident id", sound=national_ids.cn_resident, chance=0.1, columns=CODES,
              name="id card|resident|sfz|idcard", confidence=0.97),
    _national("de_steuer", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", "German tax id",
              named_pattern=r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", sound=national_ids.de_steuer_id,
              chance=0.1, name="steuer ?id|steuer ?identifikationsnummer|idnr|tin|tax id",
              only_named=True),
    _national("se_pnr", r"(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}",
              "Swedish personnummer", sound=national_ids.se_personnummer, chance=0.1,
              name="personnummer|pnr|ssn"),
    _national("fi_hetu",
              r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-Fa-fU-Yu-y]\d{3}"
              r"[0-9A-FHJ-NPR-Ya-fhj-npr-y]",
              "Finnish HETU", sound=national_ids.fi_hetu, chance=0.05,
              name="hetu|henkilotunnus|ssn"),
    _national("ch_ahv", r"756\.\d{4}\.\d{4}\.\d{2}", "Swiss AHV",
              named_pattern=r"756\.?\d{4}\.?\d{4}\.?\d{2}", sound=national_ids.ch_ahv, chance=0.1,
              name="ahv|avs|sozialversicherung"),
    _national("us_ssn", r"(?:[0-57]\d{2}|6[0-57-9]\d|66[0-57-9]|8\d{2})-\d{2}-\d{4}",
              "US social security number", named_pattern=r"\d{3}-?\d{2}-?\d{4}|\d{7,8}",
              lengths=(7, 11), distinct=3, name="ssn|social security|social security number|sin",
              confidence=0.7, named_confidence=0.95),
    _national("gb_nino", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
              "British national insurance number", distinct=3,
              name="nino|ni number|national insurance",
              confidence=0.85, named_confidence=0.95),
    _national("gb_nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "British NHS number",
              sound=national_ids.gb_nhs, chance=0.1, name="nhs|nhs (?:number|no|nr|id)",
              columns=CODES, only_named=True),
    Kind("isbn", "isbn", r"(?:97[89][ -]?)?\d(?:[ -]?\d){8}[ -]?[\dXx]", lengths=(10, 17),
         columns=CODES, sound=checksums.isbn, chance=0.1, only_named=True,
         name="isbn|isbn ?10|isbn ?13", confidence=0.95),
    Kind("gtin", "gtin", r"\d{8}|\d{11,14}", lengths=(8, 14), columns=CODES, sound=checksums.gtin,
         chance=0.1, only_named=True, confidence=0.95,
         name="ean|ean ?8|ean ?13|gtin|gtin ?13|gtin ?14|upc|barcode|bar code|strichcode"),
    Kind(
        "phone",
        "phone",
        rf"(?:{_NANP}|{_E164}){_EXTENSION}",
        named_pattern=rf"(?:\+|00)?\(?\d(?:[ ./()-]{{0,3}}\d){{5,14}}{_EXTENSION}",
        lengths=(6, 30),
        columns=CODES,
        distinct=3,
        name="phone|phones|phone ?number|tel|telephone|telefon|mobile|mobil|cell|cellphone"
        "|fax|handy|msisdn|whatsapp",
        confidence=0.85,
        personal="phone numbers",
    ),
    Kind("country", "country_code", "[A-Z]{2}", named_pattern="[A-Za-z]{2}", codes=COUNTRIES,
         lengths=(2, 2), coverage=0.95, distinct=8, sound=signs.of_a_country, least_sound=0.5,
         name="country|countries|country ?code|nation|nationality|iso ?2|iso a ?2"
              "|cc|land|pays|alpha 2",
         confidence=0.7),
    Kind("country_3", "country_code", "[A-Z]{3}", named_pattern="[A-Za-z]{3}", codes=COUNTRIES_3,
         lengths=(3, 3), coverage=0.95, distinct=6,
         name="country|countries|country ?code|nation|nationality|iso ?3|iso a ?3|alpha 3",
         confidence=0.85),
    Kind("currency", "currency_code", "[A-Z]{3}", named_pattern="[A-Za-z]{3}", codes=CURRENCIES,
         lengths=(3, 3), coverage=0.95, distinct=6,
         name="currency|currencies|currency ?code|ccy|curr|waehrung|währung|devise|moneda",
         confidence=0.85),
    Kind("language", "language_code", "[A-Za-z]{2}", codes=LANGUAGES, lengths=(2, 2),
         coverage=0.95, only_named=True,
         name="lang|language|languages|language ?code|locale|sprache|langue|idioma"),
    Kind("locale", "language_code", r"[a-z]{2,3}[-_](?:[A-Z][a-z]{3}[-_])?[A-Z]{2}",
         lengths=(5, 11), distinct=4,
         name="lang|language|languages|language ?code|locale|sprache|langue|idioma",
         confidence=0.8),
    Kind("postal", "postal_code", _POSTAL, lengths=(3, 10), columns=CODES, only_named=True,
         name="zip|zip ?code|postal|postal ?code|post ?code|plz"
              "|cep|postleitzahl|code postal|pin ?code",
         named_confidence=0.85),
    Kind("latitude", "latitude", span=(-90.0, 90.0), columns=REALS, coverage=0.99, only_named=True,
         name="lat|latitude|breitengrad", named_confidence=0.9),
    Kind("longitude", "longitude", span=(-180.0, 180.0), columns=REALS, coverage=0.99,
         only_named=True, name="lon|lng|long|longitude|laengengrad|längengrad",
         named_confidence=0.9),
    Kind("json", "json", r"(?s)\{.*\}|\[.*\]", lengths=(2, 1 << 20), sound=signs.of_json,
         confidence=0.97, named_confidence=0.98, name="json|payload"),
    Kind("hash", "hash", "|".join(f"{_HEX}{{{n}}}" for n in (32, 40, 56, 64, 96, 128)),
         lengths=(32, 128), sound=signs.of_a_hash, distinct=2,
         name="hash|md5|sha ?1|sha ?256|sha|digest|checksum|fingerprint|etag"),
    Kind("base64", "base64", r"(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
         lengths=(16, 1 << 20), sound=signs.of_base64, least_sound=0.3, distinct=3,
         unlike="path|file|folder|dir|directory|url", name="base ?64|b64", confidence=0.75),
    Kind("path", "file_path",
         r"(?:~?/|\.{1,2}/)[^/\x00\n:*?\"<>|]+(?:/[^/\x00\n]*)+"
         r"|[A-Za-z]:[\\/][^\x00\n*?\"<>|]*|\\\\[^\\\x00\n]+\\[^\x00\n]*",
         lengths=(3, 4096), distinct=2, name="path|file|filename|file ?path|folder|directory|dir",
         confidence=0.85),
    Kind("person", "person_name", _PERSON, lengths=(2, 80), only_named=True,
         name="(?:first|last|full|given|family|middle|maiden|sur|person|customer|employee|contact"
         "|patient|passenger|student|user|owner|author|manager|client|member|guest|holder) ?name"
         "|firstname|lastname|fullname|surname|forename|vorname|nachname|familienname|prenom|nombre"
         "|apellidos?",
         unlike="file|product|company|table|column|host|domain", named_confidence=0.5,
         personal="names of persons"),
    Kind("person_role", "person_name",
         r"\p{Lu}[\p{L}\p{M}'\x{2019}.-]*(?:,? \p{Lu}[\p{L}\p{M}'\x{2019}.-]*){1,3}",
         lengths=(4, 80), only_named=True,
         name="student|pupil|patient|employee|teacher|doctor|physician|nurse|passenger|mayor"
         "|applicant|schüler|schülerin|lehrer|mitarbeiter|patientin",
         unlike="type|status|class|group|category|level|role|title|department|dept|ward|plan|city"
         "|country|state|school|course|job",
         named_confidence=0.5, personal="names of persons"),
    Kind("street", "street_address", r"(?s).*\p{L}.*", lengths=(3, 300), only_named=True,
         name="street|street ?address|address ?(?:line)? ?\\d?|home address|strasse"
         "|straße|anschrift|addr|adresse|direccion",
         unlike="ip|email|mail|mac|web|url|host|wallet|contract|memory", named_confidence=0.5,
         personal="postal addresses"),
    Kind("birth", "date_of_birth", r"\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}(?:[T ].*)?|\d{8}",
         lengths=(6, 40), columns=WHOLE, only_named=True,
         name="dob|birth ?date|date of birth|birthday|birth|geburtsdatum|geburtstag|born"
         "|date naissance|fecha nacimiento",
         unlike="place|country|city|weight|order|rate|rank|count", named_confidence=0.85,
         personal="dates of birth"),
    Kind("email_within", "", rf"(?s).*?[\p{{L}}\p{{N}}._%+-]+@{_DOMAIN}.*", has="@",
         lengths=(6, 1 << 30), columns=NESTED, personal="e-mail addresses in their text",
         stray=True),
)  # fmt: skip

BY_KEY: Mapping[str, Kind] = {kind.key: kind for kind in KINDS}
_UNNAMED = [kind.form() for kind in KINDS if kind.type and kind.pattern and not kind.only_named]
# What any kind may be of in a column whose name says nothing. One pass tells prose from the rest.
SCREEN = rf"^ *(?:{'|'.join(_UNNAMED)}) *$|@"
