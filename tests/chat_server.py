"""A chat server on loopback: it speaks the protocol, and says what it is told to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connectors.chat_model import ChatConfig


@dataclass
class ChatServer:
    """What it was asked, and what it answers: `body` is the whole answer, or made of `says`."""

    says: Callable[[str], str] = lambda _: ""
    body: bytes | None = None
    status: int = 200
    pause: threading.Event | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""

    @property
    def config(self) -> ChatConfig:
        return ChatConfig(self.url, "wordsmith-1", "a key", timeout_s=5)

    def answer(self, asked: dict[str, Any]) -> bytes:
        if self.body is not None:
            return self.body
        said = self.says(asked["messages"][-1]["content"])
        return json.dumps(
            {"choices": [{"message": {"role": "assistant", "content": said}}]}
        ).encode()


@contextmanager
def serving(chat: ChatServer) -> Iterator[ChatServer]:
    """The server, until it is not needed any more."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            chat.heard.append({"path": self.path, **asked})
            chat.keys.append(self.headers["authorization"])
            if chat.pause is not None:
                chat.pause.wait(30)
            body = chat.answer(asked)
            self.send_response(chat.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
