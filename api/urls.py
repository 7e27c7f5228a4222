"""The API's URLs."""

from django.urls import path

from api.views import adaptive, courses, disputes, docs, hot, projects, reports, trust, webhooks, work

PROJECT = "projects/<uuid:project>"
ASSIGNMENT = "assignments/<uuid:assignment>"
WEBHOOK = "webhooks/<uuid:webhook>"

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
    path(f"{PROJECT}/agreement/precision", reports.AgreementPrecisionView.as_view(), name="api-agreement-precision"),
    path(f"{PROJECT}/agreement/<slug:view>", reports.AgreementByView.as_view(), name="api-agreement-by"),
    path(f"{PROJECT}/adaptive", adaptive.AdaptiveView.as_view(), name="api-adaptive"),
    path(f"{PROJECT}/trust", reports.TrustView.as_view(), name="api-trust"),
    path(f"{PROJECT}/trust/preview", trust.TrustPreviewView.as_view(), name="api-trust-preview"),
    path(f"{PROJECT}/workers/<uuid:worker>/trust", trust.WorkerTrustView.as_view(), name="api-worker-trust"),
    path(f"{PROJECT}/golds/health", trust.GoldHealthView.as_view(), name="api-gold-health"),
    path(f"{PROJECT}/rules", trust.RulesView.as_view(), name="api-rules"),
    path(f"{PROJECT}/rules/preview", trust.RulePreviewView.as_view(), name="api-rule-preview"),
    path(f"{PROJECT}/rules/retire", trust.RuleRetireView.as_view(), name="api-rule-retire"),
    path(f"{PROJECT}/requirements", trust.RequirementsView.as_view(), name="api-requirements"),
    path(f"{PROJECT}/disputes", disputes.DisputesView.as_view(), name="api-disputes"),
    path(f"{PROJECT}/disputes/<uuid:task>/decide", disputes.AdjudicateView.as_view(), name="api-decide"),
    path(f"{PROJECT}/courses", courses.ProjectCoursesView.as_view(), name="api-project-courses"),
    path("courses", courses.OwnCoursesView.as_view(), name="api-courses"),
    path("courses/<uuid:course>/start", courses.StartView.as_view(), name="api-course-start"),
    path("steps/<uuid:step>/answer", courses.StepView.as_view(), name="api-step-answer"),
    path(f"{PROJECT}/payouts", reports.PayoutsView.as_view(), name="api-payouts"),
    path(f"{PROJECT}/webhooks", webhooks.WebhooksView.as_view(), name="api-webhooks"),
    path(WEBHOOK, webhooks.WebhookView.as_view(), name="api-webhook"),
    path(f"{WEBHOOK}/ping", webhooks.WebhookPingView.as_view(), name="api-webhook-ping"),
    path(f"{WEBHOOK}/rotate", webhooks.WebhookRotateView.as_view(), name="api-webhook-rotate"),
    path(f"{WEBHOOK}/deliveries", webhooks.WebhookDeliveriesView.as_view(), name="api-webhook-deliveries"),
    path(f"{WEBHOOK}/redeliver", webhooks.WebhookRedeliverView.as_view(), name="api-webhook-redeliver"),
    path("deliveries/<uuid:delivery>/redeliver", webhooks.DeliveryRedeliverView.as_view(), name="api-redeliver"),
    path("openapi.yaml", docs.as_yaml, name="api-openapi-yaml"),
    path("openapi.json", docs.as_json, name="api-openapi-json"),
    path("docs", docs.swagger, name="api-docs"),
    path("redoc", docs.redoc, name="api-redoc"),
]
