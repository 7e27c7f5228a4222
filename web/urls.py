"""The pages' URLs."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from web.account import decisions, pay, profile, sign_up
from web.account.consent import consent_page
from web.account.statement import statement_file, statement_page
from web.account.views import HomeView, LogInPage, own_page
from web.language import choose_language
from web.manager import panels
from web.manager import views as manager
from web.manager.project_urls import urlpatterns as project_pages
from web.manager.urls import urlpatterns as manager_pages
from web.operators.views import show_server
from web.worker import courses
from web.worker import views as worker

WORK = "work/<uuid:project>"
MANAGE = "manage/<uuid:project>"

urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("log-in/", LogInPage.as_view(), name="log-in"),
    path("log-out/", LogoutView.as_view(), name="log-out"),
    path("language/", choose_language, name="language"),
    path("operators/", show_server, name="operators"),
    path("sign-up/", sign_up.ask_for_account, name="sign-up"),
    path("sign-up/<str:token>/", sign_up.follow_link, name="sign-up-link"),
    path("consent/", consent_page, name="consent"),
    path("projects/<uuid:project>/join/", decisions.join, name="join"),
    path("me/", own_page, name="me"),
    path("me/decisions/<uuid:change>/appeal/", decisions.appeal, name="me-decision-appeal"),
    path("me/profile/", profile.show_profile, name="profile"),
    path("me/profile/keep/", profile.keep_profile, name="profile-keep"),
    path("me/password/", profile.change_password, name="password"),
    path("me/erase/", profile.erase, name="erase"),
    path("me/pay/", pay.show_pay, name="me-pay"),
    path("me/pay/payee/", pay.keep_payee, name="me-payee"),
    path("me/pay/<uuid:answer>/appeal/", pay.appeal, name="me-appeal"),
    path("me/statement/", statement_page, name="own-statement"),
    path("me/statement.pdf", statement_file, name="own-statement-pdf"),
    path(f"{WORK}/", worker.show_desk, name="work"),
    path(f"{WORK}/wait/", worker.show_wait, name="work-wait"),
    path(f"{WORK}/finished/", worker.show_finished, name="work-finished"),
    path(f"{WORK}/no-budget/", worker.show_no_budget, name="work-no-budget"),
    path(f"{WORK}/claim/", worker.claim, name="work-claim"),
    path(f"{WORK}/submit/", worker.submit, name="work-submit"),
    path(f"{WORK}/draft/", worker.keep, name="work-draft"),
    path(f"{WORK}/renew/", worker.renew, name="work-renew"),
    path(f"{WORK}/skip/", worker.skip, name="work-skip"),
    path(f"{WORK}/release/", worker.release, name="work-release"),
    path("courses/<uuid:course>/", courses.show_course, name="course"),
    path("courses/<uuid:course>/start/", courses.start, name="course-start"),
    path("courses/<uuid:course>/steps/<uuid:step>/", courses.answer, name="course-answer"),
    path(f"{MANAGE}/", manager.show_project, name="manage"),
    path(f"{MANAGE}/panels/<slug:name>/", panels.show_panel, name="manage-panel"),
    path(f"{MANAGE}/panels/<slug:name>/<slug:table>.csv", panels.panel_csv, name="manage-panel-csv"),
    path(f"{MANAGE}/launch/", manager.launch, name="manage-launch"),
    path(f"{MANAGE}/pause/", manager.pause, name="manage-pause"),
    *manager_pages,
    *project_pages,
]
