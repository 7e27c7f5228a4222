"""The addresses of the pages on which a project is set up, changed, and looked into."""

from __future__ import annotations

from django.urls import path

from web.manager.setup import uploads
from web.manager.setup import views as setup

MANAGE = "manage/<uuid:project>"

urlpatterns = [
    path("manage/new/", setup.begin, name="manage-new"),
    path(f"{MANAGE}/set-up/question/", setup.question, name="setup-question"),
    path(f"{MANAGE}/set-up/preview/", setup.preview, name="setup-preview"),
    path(f"{MANAGE}/set-up/tasks/", uploads.tasks, name="setup-tasks"),
    path(f"{MANAGE}/set-up/golds/", uploads.golds, name="setup-golds"),
    path(f"{MANAGE}/set-up/<slug:step>/imports/", uploads.imports, name="setup-imports"),
    path(f"{MANAGE}/set-up/<slug:step>/example/", uploads.example, name="setup-example"),
    path(f"{MANAGE}/set-up/imports/<uuid:upload>/cancel/", uploads.cancel, name="setup-cancel"),
    path(f"{MANAGE}/set-up/pay/", setup.pay, name="setup-pay"),
    path(f"{MANAGE}/set-up/launch/", setup.launch, name="setup-launch"),
]
