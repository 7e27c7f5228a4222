"""A real model behind the real HTTP path; run with ``-m live_llm`` after ``make setup-llm``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from cast import make_cast
from raters_at_work import chat_rater, vote
from running_server import ROOT

from crowd.models import RaterCall, Task, VoteDetail
from demo.errors import DemoError
from demo.model_server import ENVIRONMENT, model_server_command
from demo.server import Server, free_port

pytestmark = [pytest.mark.live_llm, pytest.mark.django_db]

REVIEWS = (
    *("It broke after two days.", "Lovely sound and a battery that lasts.", "It came in a box."),
    *("The worst purchase of the year.", "I would buy it again at once.", "It has three buttons."),
    *("Useless and loud.", "Sharp, bright pictures.", "The cable is a metre long.", "I sent it back the same day."),
    *("My daughter adores it.", "It weighs two pounds.", "The screen cracked in the first week."),
    *("A pleasure to hold.", "It is sold in black and white.", "The support never answered."),
    *("Works just as promised.", "The manual has ten pages.", "Far too slow.", "Great value for the money."),
)


@pytest.fixture(autouse=True)
def _only_when_named(request: pytest.FixtureRequest) -> None:
    if "live_llm" not in str(request.config.getoption("markexpr")):
        pytest.skip("run with -m live_llm")


def test_twenty_votes_that_satisfy_the_schema(settings: Any, tmp_path: Path) -> None:
    settings.ARE_LOCAL_MODELS_ALLOWED = True
    port = free_port()
    try:
        command = model_server_command(port, ROOT / ENVIRONMENT)
    except DemoError as error:
        pytest.skip(str(error))
    import os

    with Server(command, port=port, log=tmp_path / "model.log", environment=os.environ) as model:
        _wait(model)
        cast = make_cast(tasks=1)
        Task.objects.filter(project=cast.project).update(payload={"text": REVIEWS[0]})
        for i, review in enumerate(REVIEWS[1:]):
            Task.objects.create(project=cast.project, key=f"r{i}", payload={"text": review})
        rater = chat_rater(cast, f"{model.url}/v1", concurrency=2, timeout_seconds=60.0)
        run = vote(cast, rater)
    # An abstention is a reply within the schema as well; a failure is not.
    assert (run.votes + run.abstentions, run.failures) == (len(REVIEWS), 0)
    assert RaterCall.objects.filter(state="replied").count() == len(REVIEWS) == 20
    for detail in VoteDetail.objects.all():
        assert sum(detail.probabilities) == pytest.approx(1)
        assert 0 < detail.label_mass <= 1
        assert detail.input_tokens > 0


def _wait(model: Server) -> None:
    import time

    deadline = time.monotonic() + 120
    while True:
        model.check()
        try:
            if httpx.get(f"{model.url}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "the model did not get ready"
        time.sleep(0.2)
