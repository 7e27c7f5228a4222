"""The addresses of the pages on which a project's people judge, pay and keep models."""

from __future__ import annotations

from django.urls import path

from web.manager import (
    batches,
    disputes,
    golds,
    models,
    pay_review,
    raters,
    restitutions,
    rules,
    trust_appeals,
    worker_actions,
    workers,
)

MANAGE = "manage/<uuid:project>"
WORKER = f"{MANAGE}/workers/<uuid:worker>"

urlpatterns = [
    path(f"{MANAGE}/disputes/", disputes.show_disputes, name="manage-disputes"),
    path(f"{MANAGE}/disputes/decide/", disputes.decide_disputes, name="manage-disputes-decide"),
    path(f"{MANAGE}/disputes/<uuid:task>/", disputes.show_dispute, name="manage-dispute"),
    path(f"{MANAGE}/disputes/<uuid:task>/decide/", disputes.decide_dispute, name="manage-dispute-decide"),
    path(f"{MANAGE}/workers/", workers.show_workers, name="manage-workers"),
    path(f"{MANAGE}/workers/appeals/", trust_appeals.show_trust_appeals, name="manage-trust-appeals"),
    path(
        f"{MANAGE}/workers/appeals/<uuid:appeal>/decide/",
        trust_appeals.judge_trust_appeal,
        name="manage-trust-appeal-decide",
    ),
    path(f"{MANAGE}/workers/rules/", rules.show_rules, name="manage-rules"),
    path(f"{MANAGE}/workers/rules/keep/", rules.keep_rule, name="manage-rule-set"),
    path(f"{MANAGE}/workers/rules/retire/", rules.end_rule, name="manage-rule-retire"),
    path(f"{WORKER}/", workers.show_worker, name="manage-worker"),
    path(f"{WORKER}/decisions/<uuid:change>/", worker_actions.show_overturn, name="manage-worker-overturn"),
    path(f"{WORKER}/decisions/<uuid:change>/overturn/", worker_actions.overturn, name="manage-worker-overturn-do"),
    path(f"{WORKER}/flags/<uuid:flag>/", worker_actions.settle_flag, name="manage-worker-flag"),
    path(f"{WORKER}/grant/", worker_actions.grant, name="manage-worker-grant"),
    path(f"{WORKER}/revoke/", worker_actions.revoke, name="manage-worker-revoke"),
    path(f"{WORKER}/<slug:name>/", worker_actions.show_action, name="manage-worker-action"),
    path(f"{WORKER}/<slug:name>/do/", worker_actions.do_action, name="manage-worker-do"),
    path(f"{MANAGE}/restitutions/<uuid:restitution>/", restitutions.show_restitution, name="manage-restitution"),
    path(f"{MANAGE}/golds/", golds.show_golds, name="manage-golds"),
    path(f"{MANAGE}/golds/add/", golds.add_gold, name="manage-golds-add"),
    path(f"{MANAGE}/golds/<uuid:task>/", golds.show_gold, name="manage-gold"),
    path(f"{MANAGE}/golds/<uuid:task>/correct/", golds.correct, name="manage-gold-correct"),
    path(f"{MANAGE}/golds/<uuid:task>/retire/", golds.retire, name="manage-gold-retire"),
    path(f"{MANAGE}/models/", models.show_models, name="manage-models"),
    path(f"{MANAGE}/models/<uuid:worker>/confirm/", models.confirm_proposal, name="manage-model-confirm"),
    path(f"{MANAGE}/models/<uuid:worker>/down/", models.take_down, name="manage-model-down"),
    path(f"{MANAGE}/raters/", raters.show_setup, name="manage-rater-setup"),
    path(f"{MANAGE}/raters/add/", raters.set_up, name="manage-rater-add"),
    path(f"{MANAGE}/raters/prompt/", raters.keep_prompt, name="manage-prompt-add"),
    path(f"{MANAGE}/raters/<uuid:rater>/", raters.show_rater, name="manage-rater"),
    path(f"{MANAGE}/raters/<uuid:rater>/move/", raters.move_rater, name="manage-rater-move"),
    path(f"{MANAGE}/pay/", pay_review.show_reviews, name="manage-pay"),
    path(f"{MANAGE}/pay/approve/", pay_review.approve, name="manage-pay-approve"),
    path(f"{MANAGE}/pay/<uuid:answer>/reject/", pay_review.reject, name="manage-pay-reject"),
    path(f"{MANAGE}/pay/bonuses/", pay_review.pay_bonuses, name="manage-bonuses"),
    path(f"{MANAGE}/pay/appeals/", pay_review.show_appeals, name="manage-pay-appeals"),
    path(f"{MANAGE}/pay/appeals/<uuid:appeal>/decide/", pay_review.judge_appeal, name="manage-pay-appeal-decide"),
    path(f"{MANAGE}/payouts/", batches.show_batches, name="manage-batches"),
    path(f"{MANAGE}/payouts/make/", batches.make, name="manage-batch-make"),
    path(f"{MANAGE}/payouts/<uuid:batch>/", batches.show_batch, name="manage-batch"),
    path(f"{MANAGE}/payouts/<uuid:batch>/move/", batches.move_batch, name="manage-batch-move"),
    path(f"{MANAGE}/payouts/<uuid:batch>/end/", batches.end_lines, name="manage-batch-end"),
    path(f"{MANAGE}/payouts/<uuid:batch>/file/", batches.batch_file, name="manage-batch-file"),
]
