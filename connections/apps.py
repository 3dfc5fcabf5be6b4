from importlib import import_module

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"

    def ready(self) -> None:
        """Register the system checks."""
        import_module("connections.checks")
