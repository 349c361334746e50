"""Checksums: which of many texts hold, whole columns at a time.

Every function takes texts of the form that its kind asks for, and says of each whether its check
digits agree with the rest of it.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.semantic_types.codes import IBAN_LENGTHS

Mask = npt.NDArray[np.bool_]
Check = Callable[[pl.Series], Mask]
Symbols = npt.NDArray[np.int64]

LONGEST_CARD, LONGEST_IBAN, LONGEST_GTIN = 19, 34, 14


def bare(texts: pl.Series) -> pl.Series:
    """Letters and digits only, in capitals."""
    return texts.str.replace_all("[^0-9A-Za-z]", "").str.to_uppercase()


def symbols(texts: pl.Series, length: int) -> Symbols:
    """The characters of texts of this length, as numbers: 0 to 9, and A as 10 to Z as 35."""
    joined = np.frombuffer("".join(texts.to_list()).encode("ascii"), np.uint8).astype(np.int64)
    return np.where(joined >= ord("A"), joined - ord("A") + 10, joined - ord("0")).reshape(
        len(texts), length
    )


def luhn(texts: pl.Series) -> Mask:
    """ISO/IEC 7812-1, annex B: payment cards and others.

    >>> luhn(pl.Series(["4111 1111 1111 1111", "4111 1111 1111 1112"])).tolist()
    [True, False]
    """
    return doubled(symbols(bare(texts).str.zfill(LONGEST_CARD), LONGEST_CARD))


def doubled(digits: Symbols) -> Mask:
    """Luhn's sum, from the right."""
    twice = digits[:, -2::-2] * 2
    total = digits[:, ::-2].sum(axis=1) + np.where(twice > 9, twice - 9, twice).sum(axis=1)
    return np.asarray(total % 10 == 0)


def iban(texts: pl.Series) -> Mask:
    """ISO 13616: as long as its country says, and 1 modulo 97 with its head put last.

    >>> iban(pl.Series(["GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"])).tolist()
    [True, False]
    """
    whole = bare(texts)
    turned = whole.str.slice(4) + whole.str.head(4)
    is_long = whole.str.len_bytes() == whole.str.head(2).replace_strict(
        IBAN_LENGTHS, default=0, return_dtype=pl.UInt32
    )
    rest = modulo(symbols(turned.str.zfill(LONGEST_IBAN), LONGEST_IBAN), 97)
    return np.asarray((rest == 1) & is_long.to_numpy())


def gtin(texts: pl.Series) -> Mask:
    """GS1's numbers of articles, EAN and UPC: 3 and 1 in turn from the right, modulo 10.

    >>> gtin(pl.Series(["4006381333931", "036000291452", "96385074", "4006381333932"])).tolist()
    [True, True, True, False]
    """
    found = symbols(bare(texts).str.zfill(LONGEST_GTIN), LONGEST_GTIN)
    return np.asarray(weighted(found, (3, 1) * (LONGEST_GTIN // 2)) % 10 == 0)


def isbn(texts: pl.Series) -> Mask:
    """ISO 2108: of ten symbols modulo 11, where X is ten; of thirteen that of the article.

    >>> isbn(pl.Series(["0-306-40615-2", "978-0-306-40615-7", "080442957X", "0306406153"])).tolist()
    [True, True, True, False]
    """
    whole = bare(texts)
    old = symbols(whole.str.tail(10), 10)
    is_sound = weighted(np.where(old > 9, 10, old), range(10, 0, -1)) % 11 == 0
    is_old = (whole.str.len_bytes() == 10).to_numpy()
    return np.asarray(np.where(is_old, is_sound, gtin(whole.str.replace("X", "0"))))


def modulo(digits: Symbols, by: int) -> Symbols:
    """The rest of each number; a letter counts as its two digits."""
    rest = np.zeros(len(digits), np.int64)
    for column in digits.T:
        rest = (rest * np.where(column > 9, 100, 10) + column) % by
    return rest


def weighted(digits: Symbols, weights: Sequence[int]) -> Symbols:
    """The sum of the first digits, each times its weight."""
    return np.asarray(digits[:, : len(weights)] @ np.array(weights, np.int64))
