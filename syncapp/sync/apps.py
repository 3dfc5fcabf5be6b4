from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "syncapp.sync"
    label = "sync"

    def ready(self) -> None:
        from syncapp.sync import marking, sets  # noqa: PLC0415  models are loaded by now

        marking.listen()
        sets.listen()
