"""The addresses of the pages on which a project is set up, changed, and looked into."""

from __future__ import annotations

from django.urls import path

from web.manager import audit, members, settings_pages, task_pages
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
    path(f"{MANAGE}/tasks/", task_pages.show_tasks, name="manage-tasks"),
    path(f"{MANAGE}/tasks/steer/", task_pages.steer, name="manage-tasks-steer"),
    path(f"{MANAGE}/tasks/<uuid:task>/", task_pages.show_task, name="manage-task"),
    path(f"{MANAGE}/settings/", settings_pages.show_settings, name="manage-settings"),
    path(f"{MANAGE}/settings/keep/", settings_pages.keep_settings, name="manage-settings-keep"),
    path(f"{MANAGE}/settings/archive/", settings_pages.archive, name="manage-archive"),
    path(f"{MANAGE}/settings/clone/", settings_pages.clone, name="manage-clone"),
    path(f"{MANAGE}/settings/members/", members.add, name="manage-member-add"),
    path(f"{MANAGE}/settings/members/<uuid:member>/", members.change, name="manage-member-change"),
    path(f"{MANAGE}/settings/members/<uuid:member>/remove/", members.remove, name="manage-member-remove"),
    path(f"{MANAGE}/audit/", audit.show_audit, name="manage-audit"),
]
