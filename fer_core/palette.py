"""The colours of the expressions, the same in the video, the bars and the charts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: ``#RRGGBB`` for the five LABELS and the two states of a stream that are none of them. On white and on Streamlit's
#: dark background each has a contrast of 3 or more (WCAG 2.2, graphics), and any two expressions stay apart for
#: people who see no red, no green or no blue (tests/test_palette.py measures both).
EXPRESSION_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "angry": "#B84A26",
        "happy": "#B18D14",
        "sad": "#2556EF",
        "surprise": "#E03CBE",
        "neutral": "#227157",
        "uncertain": "#93919A",
        "no face": "#666B72",
    }
)
