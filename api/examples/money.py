"""Example requests about pay."""

from __future__ import annotations

from api.examples.example import IDS, Example

EVIDENCE = {"golds_right": 3, "golds": 10}
FACTORS = [{"by": "trust_level", "percent": {"trusted": 110}}]

EXAMPLES: dict[str, Example] = {
    "get_pay_reviews": Example(query={"state": "pending", "page_size": 50}),
    "post_pay_approve": Example({"answers": [IDS["answer"]]}),
    "post_pay_reject": Example(
        {
            "rejections": [
                {"answer": IDS["answer"], "reason": "the same answer to every task", "evidence": EVIDENCE},
            ]
        }
    ),
    "post_answer_reject": Example({"reason": "the same answer to every task", "evidence": EVIDENCE}),
    "post_answer_reinstate": Example({"reason": "the golds behind it were wrong"}),
    "post_appeal_decide": Example({"is_granted": True, "reason": "the worker is right"}),
    "post_pay_terms": Example({"review_days": 7, "appeal_days": 14, "judge_days": 7, "surplus": "full"}),
    "post_price_rules": Example({"base": {"amount": "0.02", "currency": "USD"}, "factors": FACTORS}),
    "post_price_preview": Example({"base": {"amount": "0.02", "currency": "USD"}, "factors": FACTORS}),
    "post_bonuses": Example(
        {
            "key": "march-ada",
            "worker": IDS["worker"],
            "amount": {"amount": "5.00", "currency": "USD"},
            "reason": "a hundred careful answers",
        }
    ),
    "post_bonuses_csv": Example(
        {"csv": f"key,worker,amount,reason\nmarch-ada,{IDS['worker']},5.00,careful work\n", "is_dry_run": True}
    ),
    "post_budget": Example({"amount": {"amount": "100.00", "currency": "USD"}}),
    "post_batches": Example({"format": "paypal_csv", "options": {"note": "March"}}),
    "post_batch_payments": Example({"outcome": "settled"}),
    "get_own_statement": Example(query={"from": "2026-01-01T00:00:00Z", "form": "json"}),
    "get_worker_statement": Example(query={"from": "2026-01-01T00:00:00Z", "form": "json"}),
}
