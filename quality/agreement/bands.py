"""Words for a coefficient, under their authors' names, judged on the interval's lower end."""

from __future__ import annotations

from typing import Literal

from quality.agreement.result import AgreementResult

Author = Literal["krippendorff", "landis_koch", "koo_li"]
BANDS: dict[Author, tuple[tuple[float, str], ...]] = {
    "krippendorff": ((0.8, "reliable"), (0.667, "tentative conclusions only"), (float("-inf"), "not reliable")),
    "landis_koch": (
        (0.8, "almost perfect"),
        (0.6, "substantial"),
        (0.4, "moderate"),
        (0.2, "fair"),
        (0.0, "slight"),
        (float("-inf"), "poor"),
    ),
    "koo_li": ((0.9, "excellent"), (0.75, "good"), (0.5, "moderate"), (float("-inf"), "poor")),
}
PARADOX_GAP = 0.2
SKEWED_SHARE = 0.8


def band(result: AgreementResult, author: Author) -> str | None:
    """The band of the interval's lower end; None without an interval. F1, IoU have no accepted bands: do not ask.

    Sources: Krippendorff (2004); Landis & Koch (1977); Koo & Li (2016, for intraclass correlations).
    """
    if result.low is None:
        return None
    low = result.low
    if author == "landis_koch":  # their bands end at .20, .40 …, inclusive; the others begin at their bound
        return "slight" if low == 0 else next(word for bound, word in BANDS[author] if low > bound)
    return next(word for bound, word in BANDS[author] if low >= bound)


def why_they_differ(alpha: AgreementResult, ac1: AgreementResult) -> str | None:
    """A sentence on why alpha, AC1 are far apart where labels are skewed; None where they are not."""
    if alpha.value is None or ac1.value is None or not alpha.prevalence:
        return None
    label, share = max(alpha.prevalence.items(), key=lambda entry: entry[1])
    if abs(alpha.value - ac1.value) <= PARADOX_GAP or share < SKEWED_SHARE:
        return None
    return (
        f"{share:.0%} of the answers are {label!r}, so alpha expects nearly all pairs to agree by chance "
        f"(alpha {alpha.value:.2f}) while AC1 expects few ({ac1.value:.2f}); neither is wrong: alpha asks whether rare "
        "labels are told apart, AC1 whether answers repeat. Read both with the percent agreement"
    )
