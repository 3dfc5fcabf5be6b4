"""Uploaded files in the database, in pieces: written and read one piece at a time."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, Final, cast

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from msgspec import to_builtins

from connections.models import Upload, UploadChunk
from connections.uploads.detection import look
from connections.uploads.form import Form
from connections.uploads.limits import CHUNK, MAX_BYTES, FileRefused
from objects.models import ConnectObject
from objects.records import read
from syncapp.errors import Invalid
from syncapp.tenants import audit, door
from syncapp.tenants.actors import Actor

_READ_AHEAD: Final = 64 * 1024


@transaction.atomic
def receive(file: File[bytes], target: ConnectObject, *, actor: Actor) -> Upload:
    """Store a file and find out about its form.

    Raises:
        Invalid: it is too large, or nothing that can be imported; nothing of it is kept.
    """
    if (file.size or 0) > MAX_BYTES:
        raise Invalid(fields={"file": too_large()})
    upload = Upload(
        tenant=target.tenant,
        object=target,
        name=_name(file),
        format=Upload.Format.CSV,
        size=file.size or 0,
        by=actor.label,
        at=timezone.now(),
    )
    upload.save()
    utf8 = _store(upload, file.chunks(CHUNK))
    try:
        form = look(opened(upload.tenant_id, upload.pk), utf8=utf8)
    except FileRefused as error:
        raise Invalid(fields={"file": error.message}) from error
    set_form(upload, form)
    audit.record(target.tenant, actor, "create", upload)
    return upload


def set_form(upload: Upload, form: Form) -> None:
    """Note how the file is read."""
    upload.format, upload.form = form.format, to_builtins(form)
    upload.save(update_fields=["format", "form"])


def too_large() -> str:
    """Say how large a file may be."""
    return f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Cut it into several."


def opened(tenant_id: int, upload_id: int) -> BinaryIO:
    """Open a stored file for reading; each piece is fetched in a short transaction of its own."""
    raw = _Pieces(tenant_id, upload_id)
    return cast("BinaryIO", io.BufferedReader(raw, _READ_AHEAD))


class TenantFiles:
    """A tenant's uploads, as the system that reads them sees them."""

    def __init__(self, tenant_id: int) -> None:
        self._tenant_id = tenant_id

    def open(self, upload_id: int) -> BinaryIO:
        """Open a file."""
        return opened(self._tenant_id, upload_id)

    def keys(self, object_id: int, ids: Sequence[int]) -> Mapping[int, str]:
        """Give the keys of live records by their ids."""
        with door.tenant(self._tenant_id):
            found = read.by_ids(object_id, ids)
        return {one.id: one.key for one in found.values() if not one.deleted}


class _Pieces(io.RawIOBase):
    """The bytes of an upload, the present piece of them in memory."""

    def __init__(self, tenant_id: int, upload_id: int) -> None:
        self._tenant_id, self._upload_id = tenant_id, upload_id
        with door.tenant(tenant_id):
            owned = Upload.objects.for_tenant(tenant_id).filter(pk=upload_id)
            size = owned.values_list("size", flat=True).first()
        if size is None:
            raise FileRefused("The file is gone; somebody has deleted the import.")
        self._size: int = size
        self._at = 0
        self._number, self._piece = -1, memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, CHUNK)
        if number != self._number:
            self._number, self._piece = number, self._fetch(number)
        part = self._piece[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _fetch(self, number: int) -> memoryview:
        with door.tenant(self._tenant_id):
            owned = UploadChunk.objects.for_tenant(self._tenant_id)
            data = (
                owned.filter(upload_id=self._upload_id, number=number)
                .values_list("data", flat=True)
                .first()
            )
        if data is None:
            raise FileRefused("A piece of the file is gone. Upload it again.")
        return memoryview(data)


def _store(upload: Upload, pieces: Iterable[bytes]) -> bool:
    """Write the pieces, each of the same size but the last; tell whether all of it is UTF-8."""
    decoder, utf8 = codecs.getincrementaldecoder("utf-8")(), True
    number, rest = 0, bytearray()
    for piece in pieces:
        utf8 = utf8 and _decodes(decoder, piece, final=False)
        rest += piece
        while len(rest) >= CHUNK:
            _put(upload, number, bytes(rest[:CHUNK]))
            del rest[:CHUNK]
            number += 1
    if rest:
        _put(upload, number, bytes(rest))
    return utf8 and _decodes(decoder, b"", final=True)


def _put(upload: Upload, number: int, data: bytes) -> None:
    UploadChunk(tenant_id=upload.tenant_id, upload=upload, number=number, data=data).save()


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


def _name(file: File[bytes]) -> str:
    """Give the file's name without path, and without what cannot be shown or stored."""
    name = (file.name or "").replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in name.encode(errors="replace").decode() if c.isprintable())
    return shown.strip()[-200:] or "file"
