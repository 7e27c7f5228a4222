"""Answers that are not one label each, as validated arrays with their vocabularies."""

from __future__ import annotations

from quality.answer_forms.choice_sets import ChoiceSets
from quality.answer_forms.numeric import NumericAnswers
from quality.answer_forms.pairwise import PairwiseAnswers
from quality.answer_forms.rankings import RankingAnswers

__all__ = ["ChoiceSets", "NumericAnswers", "PairwiseAnswers", "RankingAnswers"]
