"""The API's document: its title, its introduction, how drf-spectacular makes it."""

INTRODUCTION = """
Assay hands overlapping tasks to workers, tests them with hidden golds, infers the true label of each task and pays.

**Keys.** `Authorization: Bearer assay_…` (or `Token`). A key has scopes (`worker`, `project_read`, `project_write`,
`finance`) and reaches no further than its user's roles. Another project's object is a 404.

**Repeating a POST.** Send an `Idempotency-Key`: the same key with the same body gets the first outcome, with
`Idempotent-Replay: true`. The same key with another body is 422 `idempotency_key_reused`; while the first call still
runs, 409 `in_progress` with `Retry-After`.

**Configuration.** A GET brings an `ETag`. A change with `If-Match` changes nothing and is 412 when somebody was faster;
without `If-Match` a PATCH changes the fields that it names, whatever the others are by now.

**Errors** are `application/problem+json` with a stable `code`; each of `errors` points at its field by a JSON pointer.

**Lists** come in pages: follow `next` until it is null. Pages are not counted. Times are UTC in ISO 8601, amounts are
strings with their currency.

**Too many calls** are 429 with `Retry-After`, in seconds.
"""

SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "VERSION": "1",
    "DESCRIPTION": INTRODUCTION.strip(),
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "AUTHENTICATION_WHITELIST": ["api.auth.ApiKeyAuthentication"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["api.schema.add_problem"],
}
