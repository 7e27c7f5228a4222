"""Example requests about projects with their tasks and golds, what is imported, exported, told to webhooks."""

from __future__ import annotations

from api.examples.example import Example

LABELS = [
    {"value": "negative", "title": "Negative"},
    {"value": "neutral", "title": "Neutral"},
    {"value": "positive", "title": "Positive"},
]
PRICE = {"amount": "0.02", "currency": "USD"}
ROWS = '{"key": "r-1", "text": "Arrived a day early."}\n{"key": "r-2", "text": "The lid does not close."}\n'
URL = "https://requester.example/assay"

EXAMPLES: dict[str, Example] = {
    "get_projects": Example(query={"state": "live", "ordering": "-created", "page_size": 50}),
    "post_projects": Example(
        {
            "name": "Shop reviews",
            "instructions": "Say how the review sounds as a whole.",
            "labels": LABELS,
            "min_overlap": 2,
            "max_overlap": 5,
            "target_confidence": 0.95,
            "gold_rate": 0.1,
            "price": PRICE,
            "budget": {"amount": "250.00", "currency": "USD"},
        }
    ),
    "patch_project": Example({"max_overlap": 4, "price": {"amount": "0.03", "currency": "USD"}}),
    "post_clone": Example({"name": "Shop reviews, second round"}),
    "post_launch": Example({}),
    "get_events": Example(query={"kind": "task_completed", "page_size": 50}),
    "get_tasks": Example(query={"state": "open", "ordering": "key", "page_size": 50}),
    "post_tasks": Example(
        {
            "tasks": [
                {"key": "r-1", "payload": {"text": "Arrived a day early."}},
                {"key": "r-2", "payload": {"text": "The lid does not close."}, "priority": 10},
            ]
        }
    ),
    "patch_task": Example({"priority": 10}),
    "post_task_cancel": Example({"reason": "sent twice"}),
    "post_task_extend": Example({"answers": 2, "reason": "the reviewer asked for more"}),
    "post_task_override": Example({"value": "neutral", "reason": "it only says what was bought"}),
    "post_expire": Example({"reason": "the worker has left"}),
    "get_golds": Example(query={"is_active": True}),
    "post_golds": Example(
        {
            "golds": [
                {
                    "key": "g-1",
                    "payload": {"text": "Never again."},
                    "labels": ["negative"],
                    "reason": "a plain rejection",
                }
            ]
        }
    ),
    "post_gold_correct": Example({"labels": ["neutral", "positive"], "reason": "both readings are fair"}),
    "post_gold_retire": Example({"reason": "it has been shared in a forum"}),
    "post_imports": Example(
        ROWS, query={"name": "reviews.jsonl", "format": "jsonl"}, media_type="application/octet-stream"
    ),
    "post_exports": Example({"kind": "consensus", "format": "csv", "state": ["complete"], "min_confidence": 0.9}),
    "get_export_stream": Example(query={"format": "csv"}),
    "post_webhooks": Example(
        {"url": URL, "description": "the team's queue", "kinds": ["task.completed", "dispute.opened", "export.ready"]}
    ),
    "patch_webhook": Example({"kinds": ["task.completed"], "is_active": True}),
    "post_webhook_rotate": Example({"overlap_hours": 24}),
    "get_webhook_deliveries": Example(query={"state": "pending"}),
    "post_webhook_redeliver": Example({"since": "2026-01-01T00:00:00Z", "is_everything": True}),
}
