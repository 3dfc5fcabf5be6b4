"""The second wall: rows of tenants are reached through `for_tenant`, and nobody forgets it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from django.apps import apps

from syncapp.tenants.models import TenantModel
from tests.house.sources import ROOT, Source, of_rooms

MANAGERS = {"objects", "_default_manager", "_base_manager"}
SCOPED = {"for_tenant", "bulk_create", "none"}
"""What narrows a chain, besides a keyword `tenant` or `tenant_id`; or reads nothing."""

BEFORE_A_TENANT = {
    "syncapp/tenants/access.py": "finds out who is asking",
    "syncapp/tenants/services/tenancy.py": "runs as role platform",
    "syncapp/tenants/services/members.py": "asks as role platform whether a user is elsewhere",
    "syncapp/tenants/views/platform.py": "runs as role platform",
    "syncapp/tenants/management/commands/tenant.py": "runs as role platform",
    "syncapp/tenants/management/commands/platform_user.py": "runs as role platform",
}
"""Files that may look across tenants, and why."""

BY_OWN_ROWS = {
    "syncapp/sync/ledger.py": "ends the run that a lease has proved to be ours",
    "objects/api.py": "a prefetch, which Django narrows to the rows it belongs to",
}
"""Files that come from a row which was scoped before, and how."""


def owned() -> set[str]:
    """Names of the models whose rows belong to a tenant."""
    return {model.__name__ for model in apps.get_models() if issubclass(model, TenantModel)}


def unscoped(nodes: Collection[ast.AST], models: set[str]) -> Iterator[tuple[int, str]]:
    """Find chains that begin with `Model.objects` and never name a tenant."""
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            links = list(chain(node, parents))
            if name in models and links and not any(names_tenant(link) for link in links):
                yield node.lineno, ast.unparse(links[-1])[:120]


def chain(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """Climb from `objects` through `.filter(…).order_by(…)`."""
    above = parents[node]
    while (isinstance(above, ast.Attribute) and above.value is node) or (
        isinstance(above, ast.Call) and above.func is node
    ):
        yield above
        node, above = above, parents[above]


def names_tenant(link: ast.AST) -> bool:
    if isinstance(link, ast.Call):
        return any(word.arg in {"tenant", "tenant_id"} for word in link.keywords)
    return isinstance(link, ast.Attribute) and link.attr in SCOPED


def readers() -> Iterator[Source]:
    for source in of_rooms():
        defines = source.name.endswith("/models.py") or source.migration
        if not defines and source.name not in {**BEFORE_A_TENANT, **BY_OWN_ROWS}:
            yield source


def test_nobody_reads_past_the_tenant() -> None:
    models = owned()

    found = [
        f"{source.name}:{line} {call}"
        for source in readers()
        for line, call in unscoped(source.nodes, models)
    ]

    assert found == []


def test_the_search_finds_what_it_looks_for() -> None:
    text = """
Pair.objects.all()
models.Pair.objects.select_for_update().get(pk=1)
Pair.objects.for_tenant(t).get(pk=1)
Pair.objects.filter(pk=1, tenant_id=t.pk).first()
"""

    assert [line for line, _ in unscoped(list(ast.walk(ast.parse(text))), {"Pair"})] == [2, 3]


def test_the_exceptions_exist() -> None:
    assert [
        name for name in (*BEFORE_A_TENANT, *BY_OWN_ROWS) if not (ROOT / name).exists()
    ] == []
