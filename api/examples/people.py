"""Example requests about workers, members, keys, trust, rules, courses."""

from __future__ import annotations

from api.examples.example import IDS, Example

ITEM = {"payload": {"text": "I love it."}, "labels": ["positive"], "reason": "it says so"}
RULE = {
    "when": {"all": [{"measure": "gold_accuracy", "last": 10, "at_least": 5, "is": "<", "value": 0.75}]},
    "then": {"action": "restrict", "for_hours": 240},
}
FREE = {"amount": "0.00", "currency": "USD"}

EXAMPLES: dict[str, Example] = {
    "get_workers": Example(query={"level": "new", "kind": "human", "page_size": 50}),
    "post_workers": Example({"workers": [{"name": "Ada"}, {"name": "Ben"}]}),
    "post_block": Example({"reason": "two accounts of one person", "days": 30}),
    "post_unblock": Example({"reason": "they share a flat"}),
    "post_worker_trust": Example({"level": "restricted", "reason": "answers before the text is read", "days": 14}),
    "post_grant": Example({"course": IDS["course"], "days": 90, "reason": "has done this work for years"}),
    "post_revoke": Example({"course": IDS["course"], "reason": "granted to the wrong account"}),
    "post_members": Example({"email": "sam@example.org", "role": "adjudicator"}),
    "patch_member": Example({"role": "manager"}),
    "post_keys": Example({"name": "nightly import", "scopes": ["project_write"], "expires_at": "2090-01-01T00:00:00Z"}),
    "post_key_rotate": Example({"overlap_hours": 24}),
    "post_trust_preview": Example({"days": 30, "good": 0.8, "certainty": 0.95}),
    "post_overturn": Example({"reason": "two of the golds were wrong"}),
    "post_own_trust_appeal": Example({"reason": "I read each of them; the golds were ambiguous."}),
    "post_trust_appeal_decide": Example({"is_granted": True, "reason": "the golds were ambiguous indeed"}),
    "post_flag_dismiss": Example({"note": "a fast reader: right on every gold"}),
    "post_flag_confirm": Example({"note": "the same sentence twenty times"}),
    "post_fairness": Example({"floor": {"amount": "9.00", "currency": "USD"}, "expected_seconds": 8}),
    "post_rules": Example({"name": "careless", "body": RULE}),
    "post_rule_preview": Example({"body": RULE, "days": 30}),
    "post_rule_retire": Example({"name": "careless"}),
    "post_requirements": Example(
        {"course": IDS["course"], "languages": ["en"], "trust_levels": ["new", "trusted"], "daily_answers": 500}
    ),
    "post_project_courses": Example(
        {
            "name": "Basics",
            "training": [{"key": "t-1"} | ITEM],
            "exam": [{"key": f"e-{n}"} | ITEM for n in range(1, 31)],
            "max_items": 30,
            "exam_price": FREE,
            "max_attempts": 2,
            "valid_days": 365,
        }
    ),
    "post_own_consent": Example({"version": 1}),
    "post_course_start": Example({"part": "exam"}),
    "post_step_answer": Example({"value": "positive"}),
}
