"""What is read of a file at most, and the one error of everything that reads files."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 500 * 1024 * 1024
"""Largest file."""
CHUNK: Final = 1024 * 1024
"""Bytes of one stored piece."""
MAX_COLUMNS: Final = 500
MAX_LINE: Final = 2 * 1024 * 1024
"""Longest line of text, in characters; a file without line ends is not held in memory."""
MAX_CELL: Final = 131_072
"""Longest cell in characters, which is also where a quote that never closes is given up."""
MAX_HEADING: Final = 200

MAX_UNPACKED: Final = 2 * 1024 * 1024 * 1024
"""Bytes of a workbook after unpacking; it is streamed."""
MAX_HELD: Final = 64 * 1024 * 1024
"""Bytes of those of its parts that must be held in memory: shared texts, styles."""
MAX_RATIO: Final = 200
"""How many times larger a part may become by unpacking; what people type packs 10 to 30 times."""
MAX_ENTRIES: Final = 5000
MAX_CELLS: Final = 20_000_000
"""Cells of a sheet."""
MAX_DEPTH: Final = 50
"""Levels of elements in an XML file."""
MAX_ELEMENTS: Final = 2000
"""Elements of one XML record."""


class FileRefused(Exception):
    """The file cannot be read, or not to its end.

    Attributes:
        message: what is wrong, where, and what helps; for people.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)
