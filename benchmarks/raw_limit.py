"""Measures with pgbench what the database does of a claim with its submit when nothing else is in the way."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

# The statements of `crowd.services.one_call` in pgbench's words; a cycle is a claim with its submit.
_SCRIPT = """\\set worker {first} + :client_id
\\set lock {namespace} + :worker
\\set start random(0, 999999) / 1000000.0
SELECT assignment_uid AS held FROM {claim} \\gset
SELECT answer_uid AS stored FROM {submit} \\gset
"""


def cycles_per_second(*, programs: Path, clients: int, seconds: int, tasks: int) -> float:
    """Claims with their submits a second from pgbench, each client a worker of a project made for it."""
    from claims_stage import make_stage

    from crowd.services.locks import NAMESPACE
    from crowd.services.one_call import CLAIM, SUBMIT

    stage = make_stage(tasks, newcomers=clients, veterans=0, veteran_answers=0)
    ids = [player.worker_id for player in stage.newcomers]
    assert ids == list(range(ids[0], ids[0] + clients)), "pgbench counts its clients, so workers must be in a row"
    claim = _filled(CLAIM, f"'{stage.project_uid}'::uuid", ":worker", ":lock", ":start", "0", "0", "0", "false")
    submit = _filled(SUBMIT, "':held'::uuid", ":worker", f"'{stage.project_uid}'::uuid", "'\"yes\"'", "0", "false")
    script = _SCRIPT.format(first=ids[0], namespace=NAMESPACE, claim=claim, submit=submit.replace("':held'", ":held"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cycle.sql"
        file.write_text(script)
        command = [str(programs / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={file}", "--jobs=2"]
        command += [f"--client={clients}", f"--time={seconds}", os.environ["DATABASE_URL"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or found is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-1000:]}")
    return float(found[1])


def _filled(statement: str, *values: str) -> str:
    call = statement.removeprefix("SELECT * FROM ")
    for value in values:
        call = call.replace("%s", value, 1)
    assert "%s" not in call
    return call
