"""The addresses of the pages on which a project's people judge, pay and keep models."""

from __future__ import annotations

from django.urls import path

from web.manager import disputes

MANAGE = "manage/<uuid:project>"

urlpatterns = [
    path(f"{MANAGE}/disputes/", disputes.show_disputes, name="manage-disputes"),
    path(f"{MANAGE}/disputes/decide/", disputes.decide_disputes, name="manage-disputes-decide"),
    path(f"{MANAGE}/disputes/<uuid:task>/", disputes.show_dispute, name="manage-dispute"),
    path(f"{MANAGE}/disputes/<uuid:task>/decide/", disputes.decide_dispute, name="manage-dispute-decide"),
]
