"""Pictures: drawn anew whatever comes, served to those who may see the user, as nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, PngImagePlugin
from pytest_django.fixtures import Settings

from syncapp.errors import Invalid
from syncapp.tenants import door
from syncapp.tenants.models import AuditEntry, Membership, Tenant
from syncapp.tenants.services import avatars


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_become_small_squares(kind: str) -> None:
    drawn = avatars.redraw(io.BytesIO(picture(kind)))

    with Image.open(io.BytesIO(drawn)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))


def test_what_else_the_file_carries_is_left_behind() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG", pnginfo=notes)

    assert b"script" not in avatars.redraw(io.BytesIO(out.getvalue() + b"<script>"))


def cut_off() -> bytes:
    noise = Image.effect_noise((300, 300), 90)
    out = io.BytesIO()
    noise.save(out, "PNG")
    return out.getvalue()[: len(out.getvalue()) // 2]


@pytest.mark.parametrize(
    ("name", "upload"),
    [
        ("text", b"not a picture"),
        ("nothing", b""),
        ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
        ("cut off", cut_off()),
        ("too large", b"\x89PNG" + b"x" * avatars.LARGEST_BYTES),
        ("bomb", picture("PNG", (6_000, 6_000))),
        ("other format", picture("TIFF")),
    ],
)
def test_anything_else_is_refused(name: str, upload: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        avatars.redraw(io.BytesIO(upload))

    assert refusal.value.code == "not_a_picture"
    assert set(refusal.value.fields) == {"avatar"}


def test_an_account_gets_changes_and_loses_its_picture(
    alices: Client, alice: Membership, files: Path, django_capture_on_commit_callbacks: object
) -> None:
    for _ in range(2):
        upload = SimpleUploadedFile("../../me.php", picture(), "image/png")
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            answer = alices.post("/account/", {"name": "Alice", "avatar": upload})
        assert answer.status_code == 303
    [kept] = (files / "avatars").iterdir()
    assert kept.name.startswith(f"{alice.user_id}-")
    assert kept.suffix == ".webp"

    shown = alices.get("/account/avatar/")
    assert shown["Content-Type"] == "image/webp"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown.content == kept.read_bytes()
    assert alices.get(f"/media/avatars/{kept.name}").status_code == 404

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        alices.post("/account/", {"name": "Alice", "no_avatar": "on"})
    assert list((files / "avatars").iterdir()) == []
    assert alices.get("/account/avatar/").status_code == 404


def test_a_wrong_upload_is_told_at_its_field(alices: Client) -> None:
    upload = SimpleUploadedFile("me.png", b"nonsense", "image/png")
    answer = alices.post("/account/", {"name": "Changed", "avatar": upload})

    assert answer.status_code == 422
    assert "This is no PNG" in answer.content.decode()
    assert "Changed" not in alices.get("/t/acme/").content.decode()


def test_only_members_see_a_members_picture(
    acme: Tenant,
    alices: Client,
    carols: Client,
    bob: Membership,
    bobs: Client,
    client: Client,
) -> None:
    page = f"/t/acme/setup/users/{bob.pk}/"
    upload = SimpleUploadedFile("bob.png", picture(), "image/png")
    typed = {"profile": bob.profile_id, "enabled": "on", "name": "Bob", "avatar": upload}
    assert alices.post(f"{page}edit/", typed).status_code == 303

    assert alices.get(f"{page}avatar/").status_code == 200
    assert bobs.get(f"{page}avatar/").status_code == 403, "bob may not see users"
    assert bobs.get("/account/avatar/").status_code == 200
    assert carols.get(f"{page}avatar/").status_code == 404
    assert carols.get(f"/t/globex/setup/users/{bob.pk}/avatar/").status_code == 404
    assert client.get(f"{page}avatar/").status_code == 302
    with door.tenant(acme.pk):
        [entry] = AuditEntry.objects.for_tenant(acme).filter(action="edit", kind="user")
    assert entry.diff == {"avatar": ["not set", "set"]}
