"""Tells a platform and a person whether the program runs (`/livez`), works (`/readyz`) and which version it is."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from budget.guards import missing


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok", "version": settings.VERSION})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, is migrated and holds all our rules, else 503 and what is the matter."""
    checks = {"database": "ok", "migrations": "ok", "rules": "ok"}
    try:
        executor = MigrationExecutor(connection)
        if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            checks["migrations"] = f"{len(pending)} not applied"
        if lacking := missing(connection):
            checks["rules"] = f"{len(lacking)} missing"
    except DatabaseError:
        checks = {"database": "no answer", "migrations": "unknown", "rules": "unknown"}
    is_ready = set(checks.values()) == {"ok"}
    body = {"status": "ok" if is_ready else "unavailable", "version": settings.VERSION, "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503)
