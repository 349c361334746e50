"""Hashes: 64 bits of every value, the same in every process."""

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

SPACE = 2.0**64


def mix(bits: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): a bijection that spreads bits.

    >>> hex(mix(np.array([1], np.uint64))[0])
    '0x5692161d100b05e5'
    """
    z = bits ^ (bits >> np.uint64(30))
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def of_codes(codes: npt.NDArray[np.generic]) -> Hashes:
    """Hashes of int64, float64 or Python integers; an integer has one hash in either form."""
    if codes.dtype != object:
        return mix(codes.view(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    low = np.fromiter((int(c) & (2**64 - 1) for c in codes), np.uint64, len(codes))
    over = np.fromiter(
        ((int(c) >> 64) + (int(c) >> 63 & 1) & (2**64 - 1) for c in codes), np.uint64, len(codes)
    )
    return mix((low ^ mix(over)) + np.uint64(0x9E3779B97F4A7C15))
