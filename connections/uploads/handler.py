"""Bounds uploads while they come in, so that none fills the disk before somebody looks at it."""

from __future__ import annotations

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from connections.uploads.limits import MAX_BYTES


class Bounded(FileUploadHandler):
    """Stops at the bound; Django's other handlers keep what came before, on disk if it is large."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the bytes on, unless there are too many."""
        if start + len(raw_data) > MAX_BYTES:
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, _file_size: int) -> None:
        """Leave the file to the next handler."""
        return
