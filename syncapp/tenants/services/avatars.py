"""Pictures of users: whatever is uploaded, only a small WebP made by ourselves is kept."""

from __future__ import annotations

import io
import secrets
import warnings
from typing import BinaryIO, Final

from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from syncapp.errors import Invalid
from syncapp.tenants import door
from syncapp.tenants.models import User

SIDE: Final = 256
LARGEST_BYTES: Final = 2 * 1024 * 1024
LARGEST_PIXELS: Final = 25_000_000
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
CONTENT_TYPE: Final = "image/webp"


def set_avatar(user: User, upload: BinaryIO) -> None:
    """Replace the user's picture.

    Raises:
        Invalid: no picture, too large, or damaged.
    """
    drawn = redraw(upload)
    _forget_file(user)
    with door.platform():
        user.avatar.save(
            f"{user.pk}-{secrets.token_hex(6)}.webp", ContentFile(drawn), save=False
        )
        user.save(update_fields=["avatar"])


def remove_avatar(user: User) -> None:
    """Forget the user's picture."""
    if user.avatar:
        _forget_file(user)
        user.avatar = ""
        with door.platform():
            user.save(update_fields=["avatar"])


def redraw(upload: BinaryIO) -> bytes:
    """Turn an uploaded picture into a square of our own.

    Decoding and encoding anew leaves behind whatever else the file carried.

    Raises:
        Invalid: no picture, too large, or damaged.
    """
    raw = upload.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        raise _refusal(f"The picture is larger than {LARGEST_BYTES // 1024 // 1024} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
                if picture.width * picture.height > LARGEST_PIXELS:
                    raise _refusal("The picture has too many pixels.")
                picture.load()
                upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise _refusal(
            "This is no PNG, JPEG, WebP or GIF picture, or it is damaged."
        ) from error
    drawn = io.BytesIO()
    ImageOps.fit(upright, (SIDE, SIDE)).save(drawn, "WEBP", quality=85)
    return drawn.getvalue()


def _forget_file(user: User) -> None:
    name, files = user.avatar.name, user.avatar.storage
    if name:
        transaction.on_commit(lambda: files.delete(name))


def _refusal(message: str) -> Invalid:
    return Invalid(message, code="not_a_picture", fields={"avatar": message})
