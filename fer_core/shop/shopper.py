"""One shopper in front of the shop: the stream, the session, and the panel that follows them."""

from __future__ import annotations

from collections.abc import Sequence, Set

from fer_core.live.pipeline import LivePipeline
from fer_core.live.session import SessionLog
from fer_core.live.smoothing import ExpressionState
from fer_core.live.sources import state_from_label, state_from_readings
from fer_core.shop.catalogue import Catalogue
from fer_core.shop.recommender import Panel, PanelKeeper, RuleRecommender
from fer_core.vision.analyzer import ExpressionAnalyzer
from fer_core.vision.faces import FaceReading


class Shopper:
    """Everything a browser session holds of a shopper. Nothing of it is written anywhere."""

    def __init__(self, analyzer: ExpressionAnalyzer, catalogue: Catalogue) -> None:
        self.pipeline = LivePipeline(analyzer)
        self.session = SessionLog()
        self._keeper = PanelKeeper(RuleRecommender(catalogue))

    def start_over(self) -> None:
        """A new shopper: smoothing, session and panel begin anew."""
        self.pipeline.reset()
        self.session = SessionLog()
        self._keeper.reset()

    def follow_stream(self, now: float, blocked: Set[str] = frozenset()) -> tuple[ExpressionState, Panel]:
        """The newest state of the stream and the panel to show at ``now`` (monotonic seconds).

        Raises:
            CatalogueError: every category is blocked.
        """
        state = self.pipeline.latest.state
        self.session.add(state)
        return state, self._keeper.update(state, now, blocked)

    def see_picture(
        self, readings: Sequence[FaceReading], now: float, blocked: Set[str] = frozenset()
    ) -> tuple[ExpressionState, Panel]:
        """The state and panel of a still picture's largest face, at once."""
        state = state_from_readings(readings, self.pipeline.smoothing)
        return state, self._keeper.update(state, now, blocked, at_once=True)

    def pick(
        self, label: str, strength: float, now: float, blocked: Set[str] = frozenset()
    ) -> tuple[ExpressionState, Panel]:
        """The state and panel of an expression picked by hand, at once."""
        state = state_from_label(label, strength)
        return state, self._keeper.update(state, now, blocked, at_once=True)
