"""Endpoints: the methods that both clients have, one line per call of the API."""

from __future__ import annotations

from assay_client.call import Endpoint, Pages
from assay_client.calls import projects as project_calls
from assay_client.calls import raters as rater_calls
from assay_client.calls import reports as report_calls
from assay_client.calls import transfers as file_calls
from assay_client.calls import trust as trust_calls
from assay_client.calls import webhooks as webhook_calls
from assay_client.calls import work as work_calls


class Endpoints:
    """What can be asked; on `AsyncAssayClient` a method is awaited and a list is iterated by ``async for``."""

    # --- projects
    create_project = Endpoint(project_calls.create_project)
    projects = Pages(project_calls.projects)
    project = Endpoint(project_calls.project)
    launch = Endpoint(project_calls.launch)
    pause = Endpoint(project_calls.pause)
    refit = Endpoint(project_calls.refit)
    add_tasks = Endpoint(project_calls.add_tasks)
    add_golds = Endpoint(project_calls.add_golds)
    gold_health = Endpoint(project_calls.gold_health)
    add_workers = Endpoint(project_calls.add_workers)
    requirements = Endpoint(project_calls.requirements)
    set_requirements = Endpoint(project_calls.set_requirements)
    courses = Pages(project_calls.courses)
    create_course = Endpoint(project_calls.create_course)
    # --- work
    claim = Endpoint(work_calls.claim)
    submit = Endpoint(work_calls.submit)
    submit_and_next = Endpoint(work_calls.submit_and_next)
    renew = Endpoint(work_calls.renew)
    release = Endpoint(work_calls.release)
    skip = Endpoint(work_calls.skip)
    own_courses = Pages(work_calls.own_courses)
    start_course = Endpoint(work_calls.start_course)
    answer_step = Endpoint(work_calls.answer_step)
    # --- reports
    consensus = Pages(report_calls.consensus)
    answers = Pages(report_calls.answers)
    agreement = Endpoint(report_calls.agreement)
    agreement_by = Endpoint(report_calls.agreement_by)
    agreement_difference = Endpoint(report_calls.agreement_difference)
    agreement_precision = Endpoint(report_calls.agreement_precision)
    adaptive = Endpoint(report_calls.adaptive)
    payouts = Endpoint(report_calls.payouts)
    disputes = Pages(report_calls.disputes)
    decide = Endpoint(report_calls.decide)
    # --- trust
    trust = Pages(trust_calls.trust)
    set_trust = Endpoint(trust_calls.set_trust)
    preview_trust = Endpoint(trust_calls.preview_trust)
    rules = Pages(trust_calls.rules)
    set_rule = Endpoint(trust_calls.set_rule)
    preview_rule = Endpoint(trust_calls.preview_rule)
    retire_rule = Endpoint(trust_calls.retire_rule)
    # --- webhooks
    webhooks = Pages(webhook_calls.webhooks)
    add_webhook = Endpoint(webhook_calls.add_webhook)
    webhook = Endpoint(webhook_calls.webhook)
    change_webhook = Endpoint(webhook_calls.change_webhook)
    remove_webhook = Endpoint(webhook_calls.remove_webhook)
    ping_webhook = Endpoint(webhook_calls.ping_webhook)
    rotate_webhook = Endpoint(webhook_calls.rotate_webhook)
    deliveries = Pages(webhook_calls.deliveries)
    redeliver = Endpoint(webhook_calls.redeliver)
    redeliver_since = Endpoint(webhook_calls.redeliver_since)
    # --- files
    start_import = Endpoint(file_calls.start_import)
    imports = Pages(file_calls.imports)
    get_import = Endpoint(file_calls.get_import)
    cancel_import = Endpoint(file_calls.cancel_import)
    start_export = Endpoint(file_calls.start_export)
    exports = Pages(file_calls.exports)
    get_export = Endpoint(file_calls.get_export)
    cancel_export = Endpoint(file_calls.cancel_export)
    # --- models that answer
    raters = Pages(rater_calls.raters)
    rater = Endpoint(rater_calls.rater)
    set_up_rater = Endpoint(rater_calls.set_up_rater)
    forecast_rater = Endpoint(rater_calls.forecast_rater)
    preview_rater = Endpoint(rater_calls.preview_rater)
    rater_preview = Endpoint(rater_calls.rater_preview)
    launch_rater = Endpoint(rater_calls.launch_rater)
    pause_rater = Endpoint(rater_calls.pause_rater)
    resume_rater = Endpoint(rater_calls.resume_rater)
    retrain_rater = Endpoint(rater_calls.retrain_rater)
    rater_progress = Endpoint(rater_calls.rater_progress)
    rater_failures = Endpoint(rater_calls.rater_failures)
    retry_rater_failures = Endpoint(rater_calls.retry_rater_failures)
    prompts = Pages(rater_calls.prompts)
    set_prompt = Endpoint(rater_calls.set_prompt)
    example_pools = Pages(rater_calls.example_pools)
    add_examples = Endpoint(rater_calls.add_examples)
    remove_example = Endpoint(rater_calls.remove_example)
    models = Endpoint(rater_calls.models)
    set_model_terms = Endpoint(rater_calls.set_model_terms)
    promote_model = Endpoint(rater_calls.promote_model)
    demote_model = Endpoint(rater_calls.demote_model)
    model_certificates = Pages(rater_calls.model_certificates)
    model_anchoring = Endpoint(rater_calls.model_anchoring)
    model_prevalence = Pages(rater_calls.model_prevalence)
    draw_prevalence_sample = Endpoint(rater_calls.draw_prevalence_sample)
