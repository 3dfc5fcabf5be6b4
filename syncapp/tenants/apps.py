from importlib import import_module

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "syncapp.tenants"
    label = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        import_module("syncapp.tenants.checks")
