"""The API's URLs of pay: a worker's own, managers' decisions, finance's batches."""

from django.urls import path

from api.views import pay, pay_review, payouts

PROJECT = "projects/<uuid:project>"
ANSWER = f"{PROJECT}/answers/<uuid:answer>"
BATCH = f"{PROJECT}/batches/<uuid:batch>"

urlpatterns = [
    path("me/earnings", pay.OwnEarningsView.as_view(), name="api-own-earnings"),
    path("me/rejections", pay.OwnRejectionsView.as_view(), name="api-own-rejections"),
    path("me/rejections/<uuid:rejection>/appeal", pay.AppealView.as_view(), name="api-appeal"),
    path("me/payee", pay.PayeeView.as_view(), name="api-own-payee"),
    path("me/statement", pay.OwnStatementView.as_view(), name="api-own-statement"),
    path(f"{PROJECT}/pay/reviews", pay_review.ReviewsView.as_view(), name="api-pay-reviews"),
    path(f"{PROJECT}/pay/approve", pay_review.ApproveManyView.as_view(), name="api-pay-approve"),
    path(f"{PROJECT}/pay/reject", pay_review.RejectManyView.as_view(), name="api-pay-reject"),
    path(f"{PROJECT}/pay/terms", pay_review.TermsView.as_view(), name="api-pay-terms"),
    path(f"{ANSWER}/approve", pay_review.ApproveView.as_view(), name="api-answer-approve"),
    path(f"{ANSWER}/reject", pay_review.RejectView.as_view(), name="api-answer-reject"),
    path(f"{ANSWER}/reinstate", pay_review.ReinstateView.as_view(), name="api-answer-reinstate"),
    path(f"{PROJECT}/appeals", pay_review.AppealsView.as_view(), name="api-appeals"),
    path(f"{PROJECT}/appeals/<uuid:appeal>/decide", pay_review.DecideAppealView.as_view(), name="api-appeal-decide"),
    path(f"{PROJECT}/price-rules", pay_review.PriceRulesView.as_view(), name="api-price-rules"),
    path(f"{PROJECT}/price-rules/preview", pay_review.PricePreviewView.as_view(), name="api-price-preview"),
    path(f"{PROJECT}/bonuses", pay_review.BonusesView.as_view(), name="api-bonuses"),
    path(f"{PROJECT}/bonuses/csv", pay_review.BonusesCsvView.as_view(), name="api-bonuses-csv"),
    path(f"{PROJECT}/budget", pay_review.BudgetView.as_view(), name="api-budget"),
    path(f"{PROJECT}/batches", payouts.BatchesView.as_view(), name="api-batches"),
    path(BATCH, payouts.BatchView.as_view(), name="api-batch"),
    path(f"{BATCH}/approve", payouts.ApproveBatchView.as_view(), name="api-batch-approve"),
    path(f"{BATCH}/export", payouts.ExportBatchView.as_view(), name="api-batch-export"),
    path(f"{BATCH}/file", payouts.BatchFileView.as_view(), name="api-batch-file"),
    path(f"{BATCH}/send", payouts.SendBatchView.as_view(), name="api-batch-send"),
    path(f"{BATCH}/cancel", payouts.CancelBatchView.as_view(), name="api-batch-cancel"),
    path(f"{BATCH}/payments", payouts.PaymentsView.as_view(), name="api-batch-payments"),
    path(
        f"{PROJECT}/workers/<uuid:worker>/statement",
        payouts.WorkerStatementView.as_view(),
        name="api-worker-statement",
    ),
]
