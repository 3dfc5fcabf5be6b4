"""Reads ahead in a thread: the next page is fetched while this one is stored."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

Item = TypeVar("Item")
_END: Final = object()


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _Reader(Generic[Item]):
    """The thread and the queue between."""

    def __init__(self, items: Iterator[Item], leave: Callable[[], None]) -> None:
        self.items = items
        self.leave = leave
        self.queue: queue.Queue[Any] = queue.Queue(maxsize=1)
        self.stopped = threading.Event()
        context = contextvars.copy_context()
        self.thread = threading.Thread(
            target=context.run, args=(self._read,), name="read ahead", daemon=True
        )

    def __iter__(self) -> Iterator[Item]:
        while (item := self.queue.get()) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            yield item

    def close(self) -> None:
        """Stop after the item that is being read, and wait for the thread."""
        self.stopped.set()
        while self.thread.is_alive():
            self._drain()
            self.thread.join(0.05)

    def _read(self) -> None:
        last: object = _END
        try:
            for item in self.items:
                self._put(item)
                if self.stopped.is_set():
                    break
        except BaseException as error:  # noqa: BLE001  goes to whoever reads, whatever it is
            last = _Failed(error)
        finally:
            self._close_items()
            self.leave()
            self._put(last)

    def _close_items(self) -> None:
        close = getattr(self.items, "close", None)
        if close is not None:
            close()

    def _put(self, item: object) -> None:
        if not self.stopped.is_set():
            self.queue.put(item)  # `close` empties the queue until this thread has ended

    def _drain(self) -> None:
        with suppress(queue.Empty):
            self.queue.get_nowait()


@contextmanager
def reading_ahead(
    items: Iterator[Item], *, leave: Callable[[], None] = lambda: None
) -> Iterator[Iterator[Item]]:
    """Iterate in a thread: one finished item waits in a queue, and one more may be under way.

    Args:
        items: an error that it raises comes up at the taker, after the items before it.
        leave: called in the thread at its end, to give back what belongs to the thread.
    """
    reader = _Reader(items, leave)
    reader.thread.start()
    try:
        yield iter(reader)
    finally:
        reader.close()
