"""Listing tokens: where a listing goes on, in a word that is good for that listing alone.

Object stores differ in what they do with a token that they did not give: AWS refuses it, others go
on from wherever it sorts, as if it had been one.
"""

import base64
import json

from connectors.errors import InvalidRequest


def sealed(folder: str, token: str) -> str:
    """The store's token for what lies under `folder`, as a client gets it."""
    return base64.urlsafe_b64encode(json.dumps([folder, token]).encode()).decode().rstrip("=")


def opened(word: str, folder: str) -> str:
    """The store's token.

    Raises InvalidRequest for what was not given out for this folder.

    >>> opened(sealed("artifacts/j/", "t"), "artifacts/j/")
    't'
    """
    try:
        padded = word + "=" * (-len(word) % 4)
        found, token = json.loads(base64.b64decode(padded, altchars="-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        found, token = None, None
    if found != folder or not isinstance(token, str):
        raise InvalidRequest(
            "continuationToken is not a nextToken that this service gave out for this prefix"
        )
    return token
