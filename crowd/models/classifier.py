"""ClassifierSnapshot: a trained text classifier, frozen with the rater that votes with it."""

from __future__ import annotations

from django.db import models

from crowd.models.rater import Rater


class ClassifierSnapshot(models.Model):
    """Weights as plain arrays (an npz archive, never a pickle), one model per fold.

    A payload's fold is fixed by its hash, and the model of a fold has seen no payload of it: whatever the classifier
    votes on, it was not trained on.
    """

    rater = models.OneToOneField(Rater, on_delete=models.CASCADE, related_name="snapshot")
    archive = models.BinaryField()
    digest = models.CharField(max_length=64)
    trained_on = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:8]}, trained on {self.trained_on}"
