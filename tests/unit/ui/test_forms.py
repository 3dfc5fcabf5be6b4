from __future__ import annotations

from typing import ClassVar

from django import forms
from django.template import engines

from syncapp.errors import Invalid, Refused
from syncapp.ui.forms import Form, SecretField, Section
from tests.every import every


class Sample(Form):
    name = forms.CharField(help_text="Shown in lists.")
    token = SecretField(required=False, saved=True)
    password = SecretField(saved=True)
    fresh = SecretField()
    every = forms.IntegerField(required=False)
    mode = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")], required=False
    )
    sections = (
        Section("Keys", "Kept encrypted.", ("token", "password", "gone")),
        Section("None", "", ("absent",)),
    )
    adornments: ClassVar = {"every": ("every", "min")}


def draw(form: forms.Form, name: str) -> str:
    template = engines["django"].from_string("{% load ui %}{% field form." + name + " %}")
    return " ".join(template.render({"form": form}).split())


def sent(**values: str) -> Sample:
    return Sample(data={"name": "x", "fresh": "f"} | values)


def test_fields_come_in_their_sections_and_the_rest_first() -> None:
    blocks = Sample().blocks()

    assert [block.heading for block in blocks] == ["", "Keys"]
    assert [bound.name for bound in blocks[1].fields] == ["token", "password"]


def test_a_saved_secret_is_never_drawn() -> None:
    form = Sample(initial={"password": "hunter2", "token": "hunter2"})

    drawn = (
        draw(form, "password")
        + draw(form, "token")
        + draw(sent(password="hunter2"), "password")
    )

    assert "hunter2" not in drawn
    assert "Saved" in drawn


@every(
    ("data", "token", "password"),
    [
        ({}, None, None),
        ({"token": "new", "password": " p "}, "new", " p "),
        ({"token-remove": "on", "password-remove": "on"}, "", None),
        ({"token": "new", "token-remove": "on"}, "new", None),
    ],
)
def test_a_secret_is_kept_replaced_or_removed(
    data: dict[str, str], token: str | None, password: str | None
) -> None:
    form = sent(**data)

    assert form.is_valid(), form.errors
    assert (form.cleaned_data["token"], form.cleaned_data["password"]) == (token, password)


def test_a_secret_without_a_saved_value_is_demanded() -> None:
    form = sent(fresh="")

    assert not form.is_valid()
    assert list(form.errors) == ["fresh"]


def test_only_a_changed_secret_counts_as_changed() -> None:
    assert "password" not in sent().changed_data
    assert "password" in sent(password="p").changed_data


def test_what_is_required_says_so_and_errors_are_described() -> None:
    form = Sample(data={})
    drawn = draw(form, "name")

    assert '<span class="required">required</span>' in drawn
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'id="id_name_error"' in drawn
    assert 'class="form-control is-invalid"' in drawn
    assert "required" not in draw(form, "every")


def test_an_input_may_have_words_around_it() -> None:
    assert draw(Sample(), "every").index("every</span>") < draw(Sample(), "every").index(
        "min</span>"
    )


def test_words_of_tenants_are_escaped() -> None:
    form = Sample()
    form.fields["name"].label, form.fields["name"].help_text = "<b>", "<i>"

    drawn = draw(form, "name")

    assert "&lt;b&gt;" in drawn
    assert "&lt;i&gt;" in drawn


def test_choices_are_a_group() -> None:
    drawn = draw(Sample(), "mode")

    assert drawn.count('type="radio"') == 2
    assert drawn.count("form-check-input") == 2
    assert "<legend" in drawn


def test_a_services_refusal_lands_at_its_fields() -> None:
    form = sent()
    form.is_valid()

    form.refuse(Invalid(fields={"name": "It is taken.", "elsewhere": "No."}))
    form.refuse(Refused("Not now."))

    assert form.errors["name"] == ["It is taken."]
    assert form.non_field_errors() == ["No.", "Not now."]
