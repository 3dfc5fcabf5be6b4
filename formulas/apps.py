from django.apps import AppConfig


class FormulasConfig(AppConfig):
    name = "formulas"
    verbose_name = "Formulas"
