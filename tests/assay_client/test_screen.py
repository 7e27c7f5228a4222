"""Progress where there is no terminal: a log hears of it now and then."""

from __future__ import annotations

import pytest

from assay_client.command_line import screen


def test_a_log_hears_now_and_then_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(screen.time, "monotonic", iter([0.0, 9.0, 10.0, 10.0, 19.0, 20.0, 20.0]).__next__)
    progress = screen.Progress("importing")
    for done in (1, 2, 2, 3, 4):
        progress.update(done, 4)
    assert capsys.readouterr().err.splitlines() == [
        "importing [############............]  50%",
        "importing [########################] 100%",
    ]
