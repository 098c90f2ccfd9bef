"""What the source report measured of its own network; shown beside ours where they compare.

Its table rounds to two decimals, and only one set of whole numbers of pictures gives those: 74 pictures, 54 of them
right. From these follow all figures, also those that the report does not print.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fer_core.evaluation.estimates import Estimate, share_of
from fer_core.evaluation.metrics import f_beta


@dataclass(frozen=True)
class ReportedClass:
    """A class in the report's test on pictures from the internet: how many right, there, and named so."""

    label: str
    right: int
    support: int
    predicted: int

    @property
    def precision(self) -> Estimate:
        """Share right of those named so."""
        return share_of(self.right, self.predicted)

    @property
    def recall(self) -> Estimate:
        """Share right of those there."""
        return share_of(self.right, self.support)

    def f(self, beta: float) -> float:
        """F-beta (van Rijsbergen 1979)."""
        return f_beta(self.right / self.predicted, self.right / self.support, beta)


#: Its figure 28.
REPORTED_CLASSES: Final = (
    ReportedClass("angry", 7, 13, 9),
    ReportedClass("happy", 17, 19, 21),
    ReportedClass("sad", 10, 14, 12),
    ReportedClass("surprise", 5, 9, 6),
    ReportedClass("neutral", 15, 19, 26),
)

#: Its accuracy on those pictures.
REPORTED_PICTURES: Final = share_of(54, 74)

#: Live frames of a held happy face (section 10): 29 of 56 right.
REPORTED_LIVE: Final = share_of(29, 56)

#: Accuracy on its validation rows, PublicTest and PrivateTest together: what it settles at, and its peak (7.4).
REPORTED_VALIDATION: Final = 0.66
REPORTED_VALIDATION_PEAK: Final = 0.68
REPORTED_VALIDATION_ROWS: Final = 6_043
