"""The chat model: the protocol as servers speak it, and every way in which it can fail."""

import threading
from dataclasses import replace

import pytest
from chat_server import ChatServer, serving

from connectors.chat_model import MOST_BYTES, ChatConfig, asked
from connectors.errors import ServiceUnavailable


def test_it_is_asked_and_answers():
    with serving(ChatServer(says=str.upper)) as chat:
        assert asked(chat.config, "Shout.", "hello") == "HELLO"

    (heard,) = chat.heard
    assert heard["path"] == "/v1/chat/completions"
    assert heard["model"] == "wordsmith-1"
    assert [each["role"] for each in heard["messages"]] == ["system", "user"]
    assert chat.keys == ["Bearer a key"]


def test_without_a_key_none_is_sent():
    with serving(ChatServer(says=str.upper)) as chat:
        asked(replace(chat.config, key=""), "Shout.", "hello")

    assert chat.keys == [None]


@pytest.mark.parametrize(
    "chat",
    [
        ChatServer(status=500, body=b"a secret"),
        ChatServer(status=401, body=b'{"error": "a secret"}'),
        ChatServer(body=b"a secret"),
        ChatServer(body=b"{}"),
        ChatServer(body=b'{"choices": []}'),
        ChatServer(body=b'{"choices": "a secret"}'),
        ChatServer(body=b'{"choices": [{"message": {"content": null}}]}'),
        ChatServer(body=b'{"choices": [{"message": {"content": ["a secret"]}}]}'),
        ChatServer(says=lambda _: "a secret " * MOST_BYTES),
        ChatServer(body=b"[" * 60_000),
    ],
)
def test_other_answers_are_failures_that_repeat_nothing(chat):
    with serving(chat), pytest.raises(ServiceUnavailable) as caught:
        asked(chat.config, "Shout.", "hello")

    assert "secret" not in str(caught.value)


def test_silence_ends():
    silence = threading.Event()
    with serving(ChatServer(pause=silence)) as chat:
        with pytest.raises(ServiceUnavailable, match="Timeout"):
            asked(replace(chat.config, timeout_s=0.2), "Shout.", "hello")
        silence.set()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "no address", "ftp://127.0.0.1"])
def test_an_address_where_nobody_answers(url):
    with pytest.raises(ServiceUnavailable):
        asked(ChatConfig(url, "m"), "Shout.", "hello")


def test_the_key_is_not_shown():
    assert "hidden" not in repr(ChatConfig("http://a", "m", "hidden"))
