"""Measures the server's statistics from the database to the finished figures: agreement, the full refit."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import frame

ROOT = Path(__file__).resolve().parent.parent


def configure(parser: argparse.ArgumentParser) -> None:
    """The database to measure on."""
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--tasks", type=int, help="tasks of five answers each; default 1,000,000, with --quick 20,000")


def main() -> None:
    """Fill a database of its own, then measure."""
    report = frame.start("Agreement and refit from the database", configure=configure)
    if report.options.database == "postgresql" and "ASSAY_BENCH_SERVER" not in os.environ:
        command = [str(ROOT / "scripts" / "with_servers"), sys.executable, *sys.argv]
        sys.exit(subprocess.run(command, env=os.environ | {"ASSAY_BENCH_SERVER": "1"}, check=False).returncode)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_STATE_DIR"] = folder
        os.environ["ASSAY_EMBEDDED_WORKER"] = "1"
        if report.options.database == "sqlite":
            os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        _measure(report)
    report.finish()


def _measure(report: frame.Report) -> None:
    from django.core.management import call_command
    from filled_project import fill

    from crowd.models import Consensus
    from crowd.queries.agreement import measure_agreement
    from crowd.services.refit import refit_project

    call_command("migrate", verbosity=0)
    n_tasks = report.options.tasks or (20_000 if report.quick else 1_000_000)
    sizes = {"database": report.options.database, "answers": n_tasks * 5, "labels": 5, "workers": n_tasks // 50}
    with frame.timed() as filling:
        project = fill(n_tasks=n_tasks, per_task=5, n_labels=5, n_workers=n_tasks // 50)
    report.say(f"  (filled in {filling.wall_seconds:.0f} s)")
    with frame.timed() as agreement:
        figures = measure_agreement(project)
    report.say(f"  alpha of people: {figures['humans']['krippendorff_alpha']['value']:.4f}")
    report.figure("agreement: all groups, all figures", agreement.wall_seconds, "s", bar=("<=", 6.0), **sizes)
    with frame.timed() as refit:
        run = refit_project(project_id=project.pk)
    assert run is not None
    assert run.state == "done", run.notes
    assert Consensus.objects.count() == n_tasks
    # The bar is for a million answers.
    bar = ("<=", 20.0) if sizes["answers"] == 1_000_000 else None
    report.figure("refit: answers to consensus, skills, run", refit.wall_seconds, "s", bar=bar, **sizes)
    report.figure("peak memory", frame.peak_memory_mb(), "MB", **sizes)


if __name__ == "__main__":
    main()
