"""Sends events to a server as many callers would: plain sockets, requests made beforehand, every answer awaited."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from zlib import crc32

# What a shop's page sends, as its library writes it: about 800 bytes.
EVENT = (
    '{"type":"track","event":"Product Viewed","messageId":"%s","anonymousId":"visitor-%d","userId":null,'
    '"properties":{"product_id":"P%d","sku":"S-4536","category":"Games","name":"Monopoly: 3rd Edition",'
    '"brand":"Hasbro","variant":"200 pieces","price":18.99,"quantity":1,"currency":"EUR","position":3},'
    '"context":{"page":{"url":"https://shop.example/games/monopoly","path":"/games/monopoly","title":"Monopoly",'
    '"referrer":"https://search.example/","search":""},"campaign":{"source":"news","medium":"email","name":"spring"},'
    '"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",'
    '"locale":"fr-FR","library":{"name":"analytics.js","version":"next-1.84.3"},'
    '"consent":{"categoryPreferences":{"marketing":true}}},'
    '"timestamp":"2026-03-01T12:00:00.000Z","sentAt":"2026-03-01T12:00:01.000Z"}'
)
VISITORS = 5_000


def event(message: str, number: int) -> str:
    """One event; the same message and number are the same bytes."""
    return EVENT % (message, crc32(message.encode()) % VISITORS, number % 30_000)


def batch(messages: Sequence[str]) -> bytes:
    """A batch of events."""
    together = ",".join(event(message, number) for number, message in enumerate(messages))
    return f'{{"batch":[{together}],"sentAt":"2026-03-01T12:00:01.000Z"}}'.encode()


def look_up(number: int) -> bytes:
    """Asks who a visitor is."""
    return f'{{"identifier":{{"kind":"cookie","value":"visitor-{number % VISITORS}"}}}}'.encode()


def request(path: str, body: bytes, key: str) -> bytes:
    """The bytes of a request."""
    given = base64.b64encode(f"{key}:".encode()).decode()
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {given}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")  # fmt: skip
    return head.encode() + body


class Caller:
    """One connection that sends a request and waits for its answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, request: bytes) -> int:
        """The status of the answer; 0 when there was none."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(request)
            return self._answer(self._socket)
        except (OSError, ValueError):
            self.close()
            return 0

    def _answer(self, connection: socket.socket) -> int:
        received = b""
        while True:
            more = connection.recv(65536)
            if not more:
                raise ConnectionError("the server went")
            received += more
            head, found, body = received.partition(b"\r\n\r\n")
            if found:
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                if len(body) >= length:
                    return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """Forgets the connection."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
        self._socket = None


@contextmanager
def paced(per_second: float) -> Iterator[Iterator[float]]:
    """Moments that lie evenly; each is given when it has come, and says when it should have."""

    def moments() -> Iterator[float]:
        due = time.perf_counter()
        while True:
            due += 1 / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            yield due

    yield moments()
