"""The operators' view of the rows, read-mostly: rules live in services, so the admin changes accounts only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from crowd import models


# Django's ModelAdmin takes no type argument at run time.
class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows and changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


for model in (
    models.Project,
    models.Task,
    models.Worker,
    models.Enrolment,
    models.Answer,
    models.AggregationRun,
    models.TrustChange,
    models.Event,
    models.Transaction,
):
    admin.site.register(model, ReadOnlyAdmin)
