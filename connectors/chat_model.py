"""Chat model: one question, one answer, by the chat completions that most model servers speak."""

import json
from dataclasses import dataclass, field

import httpx2 as httpx

from connectors.errors import ServiceUnavailable

MOST_BYTES = 64 << 10  # of an answer
DEFAULT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class ChatConfig:
    """Where the model answers: `/chat/completions` follows `url`. The key stays out of its repr.

    An empty `key` sends none.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = DEFAULT_TIMEOUT_S


def asked(config: ChatConfig, instructions: str, text: str) -> str:
    """What the model says to the text. Raises ServiceUnavailable, without a word of the answer."""
    body = {
        "model": config.model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": instructions},
            {"role": "user", "content": text},
        ],
    }
    headers = {"authorization": f"Bearer {config.key}"} if config.key else {}
    address = config.url.rstrip("/") + "/chat/completions"
    try:
        with httpx.stream(
            "POST", address, json=body, headers=headers, timeout=config.timeout_s
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ServiceUnavailable(f"the chat model answered {answer.status_code}")
            content = b""
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise ServiceUnavailable("the chat model's answer is too long")
    except httpx.HTTPError as error:
        raise ServiceUnavailable(
            f"the chat model did not answer: {type(error).__name__}"
        ) from error
    try:
        said = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ServiceUnavailable("the chat model's answer has an unknown form") from error
    if not isinstance(said, str):
        raise ServiceUnavailable("the chat model's answer has an unknown form")
    return said
