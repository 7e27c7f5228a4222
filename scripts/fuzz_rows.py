"""Fills the migrated database that `scripts/fuzz_api` serves, and writes schemathesis a configuration with its ids."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "api")]
django.setup()

from cast import make_cast  # noqa: E402  needs the settings
from filled import FILL  # noqa: E402

# Calls that end what the others need get a project, or a worker, of their own.
ENDING = {"post_archive": "project", "post_pause": "project"}
SHARE_OF_KNOWN_IDS = 0.9


def main(configuration: Path) -> None:
    """Print the keys of the owner and of a worker."""
    cast, other = make_cast(tasks=60, workers=6), make_cast()
    cast.gold(3)
    for worker in cast.workers[3:]:
        for _ in range(4):
            cast.answer(worker)
    known: dict[str, list[str]] = {name: [str(make(cast))] for name, make in FILL.items()}
    known["task"] += [str(cast.task(f"t{n}").uid) for n in range(2, 8)] + [str(cast.gold(1)[-1].task.uid)]
    known["worker"] += [str(worker.uid) for worker in cast.workers[2:]]
    lines: list[str] = []
    for name, values in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
    lines.append("[parameters]")
    for name in known:
        lines.append(f'"path.{name}" = {{ dictionary = "{name}", probability = {SHARE_OF_KNOWN_IDS} }}')
    for operation, name in ENDING.items():
        lines += ["[[operations]]", f'include-operation-id = "{operation}"']
        lines.append(f'parameters = {{ "path.{name}" = "{other.project.uid}" }}')
    configuration.write_text("\n".join(lines) + "\n")
    keys = {"owner": cast.key_of(cast.owner), "worker": cast.keys[cast.worker.pk]}
    sys.stdout.write(json.dumps(keys))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
