"""Signs: what tells values from those that only look alike. Each is a mask of texts."""

import numpy as np
import polars as pl

from pipelines.semantic_types.kind import Mask

WORDS = "AD AM AS AT BE BY CO DO ES GO ID IN IS IT LA MA ME MR MS MY NO PA SO TO TV US"


def _mask(texts: pl.Series, expression: pl.Expr) -> Mask:
    return texts.rename("v").to_frame().select(expression).to_series().to_numpy().astype(np.bool_)


def of_an_address(texts: pl.Series) -> Mask:
    """A number from 64 on, which versions seldom have; or groups of hexadecimal digits."""
    large = r"(?:^|\.)(?:6[4-9]|[7-9]\d|1\d\d|2\d\d)(?:\.|$)"
    return _mask(texts, pl.col("v").str.contains(large) | pl.col("v").str.contains(":"))


def of_a_hash(texts: pl.Series) -> Mask:
    """Both digits and letters."""
    return _mask(texts, pl.col("v").str.contains(r"\d") & pl.col("v").str.contains("[a-fA-F]"))


def of_base64(texts: pl.Series) -> Mask:
    """A character that no word and no number has, and letters of both sizes."""
    return _mask(
        texts,
        pl.col("v").str.contains(r"[+/=]")
        & pl.col("v").str.contains("[a-z]")
        & pl.col("v").str.contains("[A-Z]"),
    )


def of_json(texts: pl.Series) -> Mask:
    """That a parser takes it."""
    return texts.str.json_path_match("$").is_not_null().to_numpy()


def of_a_country(texts: pl.Series) -> Mask:
    """That it is no English word."""
    return ~texts.str.to_uppercase().is_in(WORDS.split(" ")).to_numpy().astype(np.bool_)
