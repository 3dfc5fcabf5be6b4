from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "syncapp.ui"
    label = "ui"
