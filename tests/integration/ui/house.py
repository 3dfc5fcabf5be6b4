"""Furniture over a real model: the pages and the API of profiles, as any room would declare them."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.urls import include, path
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from syncapp import urls
from syncapp.errors import Invalid
from syncapp.tenants.models import Membership, Profile
from syncapp.ui import api
from syncapp.ui.filters import FilterSet
from syncapp.ui.forms import ModelForm
from syncapp.ui.links import Action, Link
from syncapp.ui.paging import Keyset
from syncapp.ui.tables import LinkColumn, Table, TextColumn
from syncapp.ui.views import DeleteView, DetailView, EditView, Empty, ListView, Page


class Noun(Page):
    """What all pages of the noun say."""

    model: ClassVar = Profile
    noun: ClassVar = "profile"
    list_url_name: ClassVar = "things:list"
    detail_url_name: ClassVar = "things:detail"
    edit_url_name: ClassVar = "things:edit"
    request: Any


class ProfileTable(Table):
    name = LinkColumn("Name", url_name="things:detail")
    description = TextColumn("Description")

    class Meta:
        order_by = ("name",)


class ProfileFilterSet(FilterSet):
    search_fields = ("name", "description")
    description = django_filters.ChoiceFilter(choices=[("busy", "Busy"), ("idle", "Idle")])

    class Meta:
        model = Profile
        fields = ("description",)


class ProfileForm(ModelForm):
    class Meta:
        model = Profile
        fields = ("name", "description")


class List(Noun, ListView):
    permission = "profiles.view"
    title = "Profiles"
    table_class = ProfileTable
    filterset_class = ProfileFilterSet
    primary = Action("New profile", "things:new", "profiles.create", "plus")
    empty = Empty("A profile says what its members may do.")


class Newest(List):
    keyset = Keyset()


class Detail(Noun, DetailView):
    permission = "profiles.view"
    actions = (Action("Edit", "things:edit", "profiles.edit", "pencil"),)


class Edit(Noun, EditView):
    permission = "profiles.edit"
    form_class = ProfileForm

    def save(self, form: Any, row: Profile | None) -> Profile:
        if form.cleaned_data["name"] == "taken":
            raise Invalid(fields={"name": "Another profile has this name."})
        saved: Profile = form.instance
        saved.tenant = self.request.tenant
        saved.save()
        return saved


class Delete(Noun, DeleteView):
    permission = "profiles.delete"

    def consequences(self, row: Profile, /) -> list[str]:
        return [f"{len(row.permissions)} permissions"]

    def refusal(self, row: Profile, /) -> list[Link]:
        users = Membership.objects.for_tenant(self.request.tenant).filter(profile=row)
        return [Link(str(user), f"/users/{user.pk}/") for user in users]

    def delete_row(self, row: Profile) -> None:
        row.delete()


class ProfileSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]  # for the checker only
    class Meta:
        model = Profile
        fields = ("id", "name", "description")


class Profiles(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, api.ViewSet
):
    model = Profile
    module = "profiles"
    serializer_class = ProfileSerializer
    filterset_class = ProfileFilterSet

    def perform_create(self, serializer: Any) -> None:
        serializer.save(tenant=self.tenant)

    @action(detail=True, methods=["post"], permission="inbound.run")
    def run(self, _request: Request, pk: str) -> Response:
        return Response({"ran": self.get_object().pk})


pages = [
    path("", List.as_view(), name="list"),
    path("newest/", Newest.as_view(), name="newest"),
    path("new/", Edit.as_view(permission="profiles.create"), name="new"),
    path("<int:pk>/", Detail.as_view(), name="detail"),
    path("<int:pk>/edit/", Edit.as_view(), name="edit"),
    path("<int:pk>/delete/", Delete.as_view(), name="delete"),
]
urlpatterns = [
    path("t/<slug:tenant>/things/", include((pages, "things"))),
    path("api/v1/things/", Profiles.as_view({"get": "list", "post": "create"})),
    path("api/v1/things/<int:pk>/", Profiles.as_view({"get": "retrieve"})),
    path(
        "api/v1/things/<int:pk>/run/", Profiles.as_view({"post": "run"}, **Profiles.run.kwargs)
    ),
    *urls.urlpatterns,
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
