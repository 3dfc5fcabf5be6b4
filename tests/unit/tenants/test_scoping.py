"""The second wall: rows of tenants are reached through `for_tenant`, and nobody forgets it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

from syncapp.tenants.models import TenantModel

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("syncapp", "connections", "objects", "synclogs")
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


def unscoped(text: str, models: set[str]) -> Iterator[tuple[int, str]]:
    """Find chains that begin with `Model.objects` and never name a tenant."""
    tree = ast.parse(text)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
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


def files() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            defines = path.name == "models.py" or "migrations" in path.parts
            if not defines and name not in {**BEFORE_A_TENANT, **BY_OWN_ROWS}:
                yield path


def test_nobody_reads_past_the_tenant() -> None:
    models = owned()

    found = [
        f"{path.relative_to(ROOT)}:{line} {call}"
        for path in files()
        for line, call in unscoped(path.read_text(), models)
    ]

    assert found == []


def test_the_search_finds_what_it_looks_for() -> None:
    text = """
Pair.objects.all()
models.Pair.objects.select_for_update().get(pk=1)
Pair.objects.for_tenant(t).get(pk=1)
Pair.objects.filter(pk=1, tenant_id=t.pk).first()
"""

    assert [line for line, _ in unscoped(text, {"Pair"})] == [2, 3]


def test_the_exceptions_exist() -> None:
    assert [
        name for name in (*BEFORE_A_TENANT, *BY_OWN_ROWS) if not (ROOT / name).exists()
    ] == []
