"""The house stays predictable: small files with one purpose, no drawers for leftovers."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 300
# File -> why it may be longer.
LONGER: dict[str, str] = {"crowd/enums.py": "closed lists only: one place to look them up"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base_utils"}


def python_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # an unpacked archive has no index to ask
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if ".venv" not in str(path)]
    return [ROOT / name for name in names if "/migrations/" not in name and (ROOT / name).exists()]


def test_files_stay_under_the_limit() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python_files()}
    assert {name: size for name, size in sizes.items() if size > LIMIT and name not in LONGER} == {}


def test_every_exception_is_still_needed() -> None:
    assert [name for name in LONGER if len((ROOT / name).read_text().splitlines()) <= LIMIT] == []


def test_no_file_is_a_drawer() -> None:
    assert [str(path) for path in python_files() if path.stem in FORBIDDEN_NAMES] == []


def test_every_file_says_what_it_is_for() -> None:
    silent = []
    for path in python_files():
        tree = ast.parse(path.read_text())
        if tree.body and not (ast.get_docstring(tree) or "").strip():
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


@pytest.mark.parametrize("folder", ["quality", "crowd", "api", "web", "config"])
def test_the_folders_of_the_architecture_exist(folder: str) -> None:
    assert (ROOT / folder / "__init__.py").exists()


def test_no_two_test_files_share_a_name() -> None:
    # pytest imports test files by their base name: two of a name break the collection.
    names = [path.name for path in python_files() if path.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
