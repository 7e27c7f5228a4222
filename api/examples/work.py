"""Example requests of workers at work."""

from __future__ import annotations

from api.examples.example import Example

EXAMPLES: dict[str, Example] = {
    "post_claim": Example({}),
    "post_submit": Example({"value": "positive", "next": True}),
    "post_skip": Example({"reason": "in a language that I do not read"}),
    "post_own_payee": Example({"method": "paypal", "recipient": "ada@example.org"}),
    "post_appeal": Example({"reason": "The review says so in its second sentence."}),
}
