"""Panels in the browser: charts are drawn, and they renew themselves while work comes in."""

from __future__ import annotations

import pytest
from cast import Cast
from django.urls import reverse
from playwright.sync_api import expect

from crowd.models import PanelClock
from crowd.services.panels import refresh_panels


@pytest.mark.django_db(transaction=True)
def test_charts_are_drawn_and_renew_themselves(new_page, stage: Cast, log_in) -> None:
    stage.answer(stage.worker)
    refresh_panels(project_id=stage.project.pk)
    page = new_page()
    log_in(page, stage.owner)
    page.goto(reverse("manage-panel", args=[stage.project.uid, "throughput"]))
    expect(page.locator(".drawn svg path").first).to_be_attached()
    expect(page.locator(".figure-value").first).to_have_text("1")
    stage.answer(stage.workers[1])
    PanelClock.objects.all().delete()
    refresh_panels(project_id=stage.project.pk)
    expect(page.locator(".figure-value").first).to_have_text("2", timeout=25_000)
    expect(page.locator(".drawn svg path").first).to_be_attached()
