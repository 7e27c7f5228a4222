"""Dawid & Skene's published example: 45 patients, five anaesthetists, the first of whom answered three times.

Source: Dawid AP, Skene AM (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm,
Applied Statistics 28:20-28: Table 1 (the answers), Tables 2 to 4 (the estimates, to two decimals).
"""

from __future__ import annotations

from quality.answers import AnswerSet

PATIENTS = """
111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3
232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1
222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2
111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3
221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2
"""
"""A patient between bars: each anaesthetist's answers, the first's three together."""

PREVALENCE = (0.3996, 0.4220, 0.1118, 0.0667)
LOG_LIKELIHOOD = -192.8909
UNCERTAIN = {7: (0.98, 0.02, 0.0, 0.0), 35: (0.0, 0.95, 0.05, 0.0), 38: (0.0, 0.02, 0.98, 0.0)}
"""Patients whose class the paper leaves in doubt, with its probabilities."""

CONFUSION = (
    ((0.89, 0.11, 0, 0), (0.07, 0.88, 0.05, 0), (0, 0.34, 0.66, 0), (0, 0, 0.56, 0.44)),
    ((0.83, 0.17, 0, 0), (0.05, 0.63, 0.31, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    ((1, 0, 0, 0), (0.11, 0.79, 0.11, 0), (0, 0.40, 0.20, 0.40), (0, 0, 0.67, 0.33)),
    ((0.94, 0.06, 0, 0), (0.05, 0.84, 0.10, 0), (0, 0, 0.80, 0.20), (0, 0, 0.33, 0.67)),
    ((1, 0, 0, 0), (0.16, 0.73, 0.11, 0), (0, 0.21, 0.79, 0), (0, 0, 0.33, 0.67)),
)
"""Table 2: [anaesthetist][true class][class given]."""


def anaesthesia() -> AnswerSet:
    """The 315 answers; patients and anaesthetists count from 1."""
    patients = " ".join(PATIENTS.split("\n")).strip().replace(" |", "|").replace("| ", "|")
    records = []
    groups = patients.replace("|", " ").split()
    for place, group in enumerate(groups):
        patient, observer = divmod(place, 5)
        records.extend((patient + 1, observer + 1, int(answer)) for answer in group)
    return AnswerSet.from_records(records, labels=(1, 2, 3, 4), repeats="keep")
