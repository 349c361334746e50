"""National ids: the check digits of those that have some. Each takes texts of the right form."""

import numpy as np
import polars as pl

from pipelines.semantic_types.checksums import Mask, bare, doubled, modulo, symbols, weighted

DNI = np.array([ord(letter) for letter in "TRWAGMYFPDXBNJZSQVHLCKE"]) - ord("A") + 10
HETU = np.array([int(symbol, 36) for symbol in "0123456789ABCDEFHJKLMNPRSTUVWXY"])
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)  # what the digits and the first letters count
CODICE_ODD = np.array([*_ODD, *_ODD, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23])


def es_dni(texts: pl.Series) -> Mask:
    """Spain's DNI and NIE: the letter is the number modulo 23; X, Y and Z stand for 0, 1 and 2."""
    found = symbols(bare(texts), 9)
    found[:, 0] -= np.where(found[:, 0] > 9, int("X", 36), 0)
    return np.asarray(DNI[modulo(found[:, :8], 23)] == found[:, 8])


def it_codice_fiscale(texts: pl.Series) -> Mask:
    """Italy: a table for every other character, from the first, and the sum modulo 26."""
    found = symbols(bare(texts), 16)
    even = np.where(found > 9, found - 10, found)[:, 1:15:2].sum(axis=1)
    odd = CODICE_ODD[found[:, 0:15:2]].sum(axis=1)
    return np.asarray((even + odd) % 26 + 10 == found[:, 15])


def fr_nir(texts: pl.Series) -> Mask:
    """France: two digits fill the number up to a multiple of 97; Corsica's letters are digits."""
    whole = bare(texts).str.replace("2A", "19", literal=True).str.replace("2B", "18", literal=True)
    found = symbols(whole, 15)
    return np.asarray(modulo(found[:, :13], 97) + found[:, 13] * 10 + found[:, 14] == 97)


def br_cpf(texts: pl.Series) -> Mask:
    """Brazil: two digits modulo 11; eleven equal digits are nobody's."""
    found = symbols(bare(texts).str.zfill(11), 11)
    first = weighted(found, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(found, range(11, 1, -1)) * 10 % 11 % 10
    is_flat = (found == found[:, :1]).all(axis=1)
    return np.asarray((first == found[:, 9]) & (second == found[:, 10]) & ~is_flat)


def pl_pesel(texts: pl.Series) -> Mask:
    found = symbols(bare(texts).str.zfill(11), 11)
    return np.asarray(weighted(found, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0)


def nl_bsn(texts: pl.Series) -> Mask:
    found = symbols(bare(texts).str.zfill(9), 9)
    is_some = found.any(axis=1)
    return np.asarray((weighted(found, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0) & is_some)


def cn_resident(texts: pl.Series) -> Mask:
    """China: ISO 7064, MOD 11-2; X stands for 10."""
    found = symbols(bare(texts), 18)
    last = np.where(found[:, 17] > 9, 10, found[:, 17])
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    return np.asarray((weighted(found, weights) + last) % 11 == 1)


def de_steuer_id(texts: pl.Series) -> Mask:
    """Germany's tax id: ISO 7064, MOD 11,10."""
    found = symbols(bare(texts).str.zfill(11), 11)
    rest = np.full(len(found), 10)
    for column in found[:, :10].T:
        total = (column + rest) % 10
        rest = np.where(total == 0, 10, total) * 2 % 11
    return np.asarray((11 - rest) % 10 == found[:, 10])


def gb_nhs(texts: pl.Series) -> Mask:
    """England's NHS number: modulo 11; where that leaves 10, no number is given out."""
    found = symbols(bare(texts), 10)
    return np.asarray((weighted(found, (*range(10, 1, -1), 1)) % 11 == 0) & found.any(axis=1))


def se_personnummer(texts: pl.Series) -> Mask:
    return doubled(symbols(bare(texts).str.tail(10), 10))


def fi_hetu(texts: pl.Series) -> Mask:
    """Finland: day and number modulo 31, in 31 symbols."""
    whole = texts.str.to_uppercase()
    found = symbols(whole.str.head(6) + whole.str.slice(7), 10)
    return np.asarray(HETU[modulo(found[:, :9], 31)] == found[:, 9])


def ch_ahv(texts: pl.Series) -> Mask:
    """Switzerland: the check digit of an EAN-13."""
    found = symbols(bare(texts), 13)
    return np.asarray(weighted(found, (1, 3) * 6 + (1,)) % 10 == 0)
