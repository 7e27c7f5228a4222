"""The people of a project: who has which role; only its owners change that."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crowd.enums import Role
from crowd.models import Project
from crowd.services.members import change_member, remove_member, set_member
from web.manager.doors import manager_form, user_of

ROLES = [(role.value, role.label) for role in Role if role != Role.WORKER]


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.TypedChoiceField(choices=ROLES, coerce=Role)


class MemberForm(RoleForm):
    """Whose account gets it."""

    email = forms.EmailField()


@manager_form("manage-settings", Role.OWNER)
def add(request: HttpRequest, project: Project) -> HttpResponse:
    """Give an account a role."""
    form = MemberForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        set_member(project=project, email=data["email"], role=data["role"], actor=user_of(request))
        messages.success(request, _("%(email)s is a member now.") % {"email": data["email"]})
    else:
        messages.warning(request, _("Nobody was added: give the address of an account and choose a role."))
    return redirect("manage-settings", project.uid)


@manager_form("manage-settings", Role.OWNER)
def change(request: HttpRequest, project: Project, member: uuid.UUID) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    if form.is_valid():
        change_member(project=project, user_uid=member, role=form.cleaned_data["role"], actor=user_of(request))
        messages.success(request, _("The role was changed."))
    return redirect("manage-settings", project.uid)


@manager_form("manage-settings", Role.OWNER)
def remove(request: HttpRequest, project: Project, member: uuid.UUID) -> HttpResponse:
    """Take a member's roles."""
    remove_member(project=project, user_uid=member, actor=user_of(request))
    messages.success(request, _("The member was removed; what they have done stays."))
    # Whoever has removed themselves has no settings to go back to.
    return redirect("home") if user_of(request).uid == member else redirect("manage-settings", project.uid)
