"""ISO: the codes of countries, currencies and languages, as Debian's package iso-codes has them."""

import json
from pathlib import Path

FOLDER = Path("/usr/share/iso-codes/json")
# Those that the euro took the place of, and two that are younger than the package.
CURRENCIES_TOO = frozenset({"DEM", "ESP", "FRF", "ITL", "XCG", "ZWG"})


def _codes(standard: str, name: str) -> frozenset[str]:
    """None at all where the package is not there."""
    path = FOLDER / f"iso_{standard}.json"
    if not path.exists():
        return frozenset()
    entries = json.loads(path.read_bytes())[standard]
    return frozenset(entry[name] for entry in entries if name in entry)


COUNTRIES = _codes("3166-1", "alpha_2")
COUNTRIES_3 = _codes("3166-1", "alpha_3")
CURRENCIES = _codes("4217", "alpha_3") | CURRENCIES_TOO
LANGUAGES = _codes("639-2", "alpha_2")
