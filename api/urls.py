"""The API's URLs."""

from django.urls import path

from api.views import hot, projects, reports, work

PROJECT = "projects/<uuid:project>"
ASSIGNMENT = "assignments/<uuid:assignment>"

urlpatterns = [
    path("projects", projects.ProjectsView.as_view(), name="api-projects"),
    path(PROJECT, projects.ProjectView.as_view(), name="api-project"),
    path(f"{PROJECT}/tasks", projects.TasksView.as_view(), name="api-tasks"),
    path(f"{PROJECT}/golds", projects.GoldsView.as_view(), name="api-golds"),
    path(f"{PROJECT}/workers", projects.WorkersView.as_view(), name="api-workers"),
    path(f"{PROJECT}/launch", projects.LaunchView.as_view(), name="api-launch"),
    path(f"{PROJECT}/pause", projects.PauseView.as_view(), name="api-pause"),
    path(f"{PROJECT}/refit", projects.RefitView.as_view(), name="api-refit"),
    path(f"{PROJECT}/claim", hot.claim, name="api-claim"),
    path(f"{ASSIGNMENT}/submit", hot.submit, name="api-submit"),
    path(f"{ASSIGNMENT}/renew", work.RenewView.as_view(), name="api-renew"),
    path(f"{ASSIGNMENT}/release", work.ReleaseView.as_view(), name="api-release"),
    path(f"{ASSIGNMENT}/skip", work.SkipView.as_view(), name="api-skip"),
    path(f"{PROJECT}/consensus", reports.ConsensusView.as_view(), name="api-consensus"),
    path(f"{PROJECT}/answers", reports.AnswersView.as_view(), name="api-answers"),
    path(f"{PROJECT}/agreement", reports.AgreementView.as_view(), name="api-agreement"),
    path(f"{PROJECT}/agreement/difference", reports.AgreementDifferenceView.as_view(), name="api-agreement-difference"),
    path(f"{PROJECT}/agreement/<slug:view>", reports.AgreementByView.as_view(), name="api-agreement-by"),
    path(f"{PROJECT}/trust", reports.TrustView.as_view(), name="api-trust"),
    path(f"{PROJECT}/payouts", reports.PayoutsView.as_view(), name="api-payouts"),
]
