"""Settings from the environment fail loudly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_missing_value_without_a_default_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_MISSING", raising=False)
    with pytest.raises(ImproperlyConfigured, match="X_MISSING is not set"):
        env.text("X_MISSING")
    assert env.text("X_MISSING", "fallback") == "fallback"


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("X_FLAG", value)
    assert env.boolean("X_FLAG", default=True) is expected


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_FLAG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="X_FLAG='perhaps' is neither true nor false"):
        env.boolean("X_FLAG", default=True)


@pytest.mark.parametrize(("value", "words"), [("three", "not a whole number"), ("0", "too small")])
def test_a_number_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    monkeypatch.setenv("X_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match=words):
        env.integer("X_NUMBER", 5, minimum=1)


def test_the_generated_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    first = env.generated_secret(path)
    assert env.generated_secret(path) == first
    assert len(first) >= 64
    assert path.stat().st_mode & 0o077 == 0


def test_a_spoiled_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("short")
    with pytest.raises(ImproperlyConfigured, match="no usable secret"):
        env.generated_secret(path)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "changeme"}, "SECRET_KEY is a default or shorter"),
        ({"SECRET_KEY": "k" * 64}, "ASSAY_HOSTS is not set"),
    ],
)
def test_production_refuses_to_start_on_a_missing_or_default_secret(extra: dict[str, str], words: str) -> None:
    keep = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "ASSAY_HOSTS")}
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env=keep | {"DJANGO_SETTINGS_MODULE": "config.settings.production"} | extra,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert words in done.stderr
