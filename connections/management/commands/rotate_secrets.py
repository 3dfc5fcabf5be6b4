"""`manage.py rotate_secrets`: encrypt all stored secrets again with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connections.rotation import rotate
from syncapp.tenants import door
from syncapp.tenants.models import Tenant


class Command(BaseCommand):
    """Goes through all tenants; can be repeated, and interrupted, at any time."""

    help = (
        "Encrypt secrets again with the first of SYNCAPP_ENCRYPTION_KEYS. Put the new key in front, "
        "restart, run this, and take the old key away."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rotate, and fail if anything does not open."""
        with door.platform():
            tenants = list(Tenant.objects.order_by("slug").values_list("pk", "slug"))
        broken = []
        for tenant_id, slug in tenants:
            rotated = rotate(tenant_id)
            self.stdout.write(f"{slug}: {rotated.done} encrypted")
            broken += [f"{slug}: {name} does not open" for name in rotated.broken]
        if broken:
            keep = "Keep the old keys until these are entered again."
            raise CommandError("\n".join([*broken, keep]))
