"""Example requests about results, agreement, disputes, models, raters."""

from __future__ import annotations

from api.examples.example import Example

EXAMPLES: dict[str, Example] = {
    "get_answers": Example(query={"is_gold": False, "ordering": "-created", "page_size": 50}),
    "get_consensus": Example(query={"confidence_below": 0.9, "page_size": 50}),
    "get_agreement_by": Example(query={"min_shared": 5, "models": True}),
    "get_agreement_difference": Example(query={"at": "2026-02-01T00:00:00Z"}),
    "get_agreement_precision": Example(query={"half_width": 0.05}),
    "post_decide": Example({"value": "neutral", "reason": "praise and blame in equal parts"}),
    "post_model_terms": Example({"pooling": "pool", "epsilon": 0.1, "audit_share": 0.05}),
    "post_model_promote": Example({"reason": "as tested"}),
    "post_model_demote": Example({"state": "shadow", "reason": "the provider has changed it"}),
    "post_model_prevalence": Example({"tasks": 40}),
    "get_next_raters": Example(query={"limit": 20}),
    "post_raters": Example(
        {
            "name": "words of praise",
            "kind": "function",
            "spec": {"type": "keyword", "labels": {"positive": ["love", "great"], "negative": ["broken", "refund"]}},
        }
    ),
    "post_rater_preview": Example({"tasks": 3}),
    "get_rater_failures": Example(query={"reason": "timeout"}),
    "post_prompts": Example({"name": "sentiment", "user": "{{ payload.text }}", "words": {}}),
    "post_example_pools": Example(
        {"name": "sentiment", "examples": [{"payload": {"text": "Broke on day two."}, "label": "negative"}]}
    ),
}
