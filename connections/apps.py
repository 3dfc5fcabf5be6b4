from importlib import import_module

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"

    def ready(self) -> None:
        """Register the system checks, and the language of calculated fields."""
        import_module("connections.checks")
        computed = import_module("connections.computed")
        import_module("objects.records.computed").speak(computed.compile_computed)
