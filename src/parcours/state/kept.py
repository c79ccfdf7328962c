"""Connections that are kept open between short questions of many threads: opening one costs more than to ask."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow

MOST = 4  # connections that are kept; who asks when all are at work opens one more, which is closed after
Connection = psycopg.Connection[DictRow]


class Kept:
    """A few open connections. Safe to share between threads; another process opens its own."""

    def __init__(self) -> None:
        self._lock, self._idle = threading.Lock(), list[Connection]()
        self._process = os.getpid()

    @contextmanager
    def connection(self, opened: Callable[[], Connection]) -> Iterator[Connection]:
        """One connection in a transaction, opened where none waits."""
        found = self._taken() or opened()
        try:
            with found.transaction():
                yield found
        except BaseException:
            found.close()  # whatever state it is in, nobody else meets it
            raise
        self._give(found)

    def close(self) -> None:
        """Closes those that nobody uses."""
        while (found := self._taken()) is not None:
            found.close()

    def _taken(self) -> Connection | None:
        with self._lock:
            if self._process != os.getpid():  # what a parent opened is the parent's
                self._process, self._idle = os.getpid(), []
            while self._idle:
                found = self._idle.pop()
                if _sound(found):
                    return found
        return None

    def _give(self, found: Connection) -> None:
        with self._lock:
            if len(self._idle) < MOST and not found.closed:
                self._idle.append(found)
                return
        found.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, ()


def _sound(found: Connection) -> bool:
    """Whether a connection that waited is as it was left: a server that went, or ended it, has said something."""
    if found.closed:
        return False
    waiting = select.poll()
    waiting.register(found.fileno(), select.POLLIN)
    if waiting.poll(0):
        found.close()
        return False
    return True
