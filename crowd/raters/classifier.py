"""A text classifier (TF-IDF with logistic regression), cross-fitted: it never votes on what it was trained on."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crowd.enums import FailureReason
from crowd.raters.verdicts import RatingFailed, Verdict, field_of, hash_payload, text_of

FOLDS = 5
LEAST_PER_LABEL = 5
MAX_FEATURES = 20_000
WORD = r"(?u)\b\w+\b"


@dataclass(frozen=True)
class Labelled:
    """A text to learn from. ``payload_hash`` fixes its fold, so that copies of a text share one."""

    text: str
    payload_hash: str
    label_index: int


@dataclass(frozen=True)
class Trained:
    """The archive of a trained classifier, with the hash of all that shaped it."""

    archive: bytes
    digest: str
    trained_on: int


class TooFewLabels(Exception):
    """There is not enough to learn from; the message says how much is missing."""


def fold_of(payload_hash: str) -> int:
    """The fold of a payload."""
    return int(payload_hash[:8], 16) % FOLDS


def train(labelled: Sequence[Labelled], *, labels: int) -> Trained:
    """A model per fold, each from the texts of the other folds. Raises TooFewLabels."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = sorted(labelled, key=lambda row: (row.payload_hash, row.label_index))
    counts = np.bincount([row.label_index for row in rows], minlength=labels)
    if int((counts >= LEAST_PER_LABEL).sum()) < 2:
        raise TooFewLabels(
            f"a classifier needs {LEAST_PER_LABEL} tasks that people have settled for each of two labels; there are "
            + ", ".join(str(int(count)) for count in counts)
        )
    arrays: dict[str, Any] = {}
    for fold in range(FOLDS):
        others = [row for row in rows if fold_of(row.payload_hash) != fold]
        given = np.array([row.label_index for row in others])
        if len(set(given.tolist())) < 2:
            continue  # its payloads get abstentions
        vectorizer = TfidfVectorizer(
            lowercase=True,
            ngram_range=(1, 2),
            sublinear_tf=True,
            max_features=MAX_FEATURES,
            token_pattern=WORD,
        )
        matrix = vectorizer.fit_transform([row.text for row in others])
        model = LogisticRegression(C=10.0, max_iter=500, class_weight="balanced").fit(matrix, given)
        terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
        arrays |= {
            f"terms{fold}": np.array(terms),
            f"idf{fold}": vectorizer.idf_,
            f"classes{fold}": model.classes_,
            f"coef{fold}": model.coef_,
            f"intercept{fold}": model.intercept_,
        }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    seen = json.dumps([[row.payload_hash, row.label_index] for row in rows])
    return Trained(buffer.getvalue(), hashlib.sha256(seen.encode()).hexdigest(), len(rows))


class Classifier:
    """A trained classifier at work."""

    def __init__(self, archive: bytes, *, labels: int, field: str | None) -> None:
        # No pickles: an archive can hold numbers and words, never code.
        with np.load(io.BytesIO(archive), allow_pickle=False) as stored:
            self._arrays = {name: stored[name] for name in stored.files}
        self._labels = labels
        self._field = field
        self._vectorizers: dict[int, Any] = {}

    def rate(self, payload: Mapping[str, Any]) -> Verdict:
        """The verdict of the fold's model, which has seen no payload of this fold. Raises RatingFailed."""
        text = text_of(field_of(payload, self._field) if self._field else payload)
        if not text.strip():
            raise RatingFailed(FailureReason.NO_TEXT, "the payload has no text to classify")
        fold = fold_of(hash_payload(payload))
        if f"coef{fold}" not in self._arrays:
            return Verdict(None, "too_few_labels")
        vector = self._vectorizer(fold).transform([text])
        if vector.nnz == 0:
            return Verdict(None, "no_known_word")
        scores = (vector @ self._arrays[f"coef{fold}"].T + self._arrays[f"intercept{fold}"]).ravel()
        if len(scores) == 1:  # two classes: one row of weights, for the second
            scores = np.array([0.0, float(scores[0])])
        weights = np.exp(scores - scores.max())
        shares = np.zeros(self._labels)
        shares[self._arrays[f"classes{fold}"]] = weights / weights.sum()
        return Verdict(int(shares.argmax()), "", tuple(float(share) for share in shares), 1.0)

    def _vectorizer(self, fold: int) -> Any:
        if fold not in self._vectorizers:
            from sklearn.feature_extraction.text import TfidfVectorizer

            vectorizer = TfidfVectorizer(
                lowercase=True,
                ngram_range=(1, 2),
                sublinear_tf=True,
                token_pattern=WORD,
                vocabulary={str(term): i for i, term in enumerate(self._arrays[f"terms{fold}"])},
            )
            vectorizer.idf_ = self._arrays[f"idf{fold}"]
            self._vectorizers[fold] = vectorizer
        return self._vectorizers[fold]
