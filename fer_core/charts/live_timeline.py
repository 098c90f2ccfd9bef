"""The blend over the last minute, or a whole visit, as SVG: stacked bands in the colours of the bars beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Final

from fer_core.labels import LABELS
from fer_core.live.session import SessionLog
from fer_core.live.smoothing import ExpressionState
from fer_core.palette import EXPRESSION_COLOURS

SECONDS: Final = 60.0
_WIDTH: Final = 600
_HEIGHT: Final = 90
#: More points than this nobody sees.
_MOST_STATES: Final = 1_200
_STYLE: Final = """<style>
.facet-minute img{width:100%;height:72px;display:block;border-radius:.4rem;background:rgba(128,128,140,.14)}
.facet-minute div{display:flex;justify-content:space-between;font-size:.8rem;opacity:.7}
</style>"""


def blend_timeline(states: Sequence[ExpressionState]) -> str:
    """The states of the last SECONDS, the oldest first, as HTML; "" while there are fewer than two.

    Where no face was seen, or the stream stood still, the ground shows.
    """
    if len(states) < 2:
        return ""
    picture = _picture(states, SECONDS, SessionLog.STALL, "The last minute")
    return f"{picture}<div><span>a minute ago</span><span>now</span></div></div>"


def visit_timeline(states: Sequence[ExpressionState]) -> str:
    """The states of a whole visit, the oldest first, as HTML; "" while there are fewer than two."""
    if len(states) < 2:
        return ""
    lasted = states[-1].time - states[0].time
    step = -(-len(states) // _MOST_STATES)
    picture = _picture(states[::step], lasted, SessionLog.STALL * step, "The visit")
    return f"{picture}<div><span>start</span><span>{lasted / 60:.1f} minutes later</span></div></div>"


def video_timeline(states: Sequence[ExpressionState], at: float | None = None) -> str:
    """The states of a video's pictures as HTML, with a line at ``at`` seconds; "" while there are fewer than two."""
    if len(states) < 2:
        return ""
    begin, end = states[0].time, states[-1].time
    step = -(-len(states) // _MOST_STATES)
    picture = _picture(
        states[::step],
        end - begin,
        SessionLog.STALL * step,
        "The video",
        None if at is None else (at - begin) / (end - begin),
    )
    return f"{picture}<div><span>{begin:.0f} s</span><span>{end:.0f} s</span></div></div>"


def _picture(
    states: Sequence[ExpressionState], seconds: float, stall: float, what: str, mark: float | None = None
) -> str:
    end = states[-1].time
    line = "" if mark is None else _mark(mark)
    bands = "".join(_bands(piece, end, seconds) for piece in _pieces(states, stall) if len(piece) > 1)
    held = ", ".join(f"{label} {share:.0%}" for label, share in _means(states).items())
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'preserveAspectRatio="none">{bands}{line}</svg>'
    )
    # As a picture: Streamlit takes SVG out of HTML.
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    alt = f"{what} on average: {held or 'no face'}"
    return f'{_STYLE}<div class="facet-minute"><img alt="{alt}" src="{source}">'


def _mark(share: float) -> str:
    """A line at that share of the width, white within dark, so that it stands out from every band."""
    x = _WIDTH * min(max(share, 0.0), 1.0)
    return "".join(
        f'<rect data-mark="{width}" x="{x - width / 2:.1f}" y="0" width="{width}" height="{_HEIGHT}" fill="{colour}"/>'
        for width, colour in ((5, "#22252d"), (2, "#ffffff"))
    )


def _pieces(states: Sequence[ExpressionState], stall: float) -> Iterator[list[ExpressionState]]:
    """Runs of states with a face and without a stall of more than so many seconds."""
    piece: list[ExpressionState] = []
    for state in states:
        if piece and (state.blend is None or state.time - piece[-1].time > stall):
            yield piece
            piece = []
        if state.blend is not None:
            piece.append(state)
    yield piece


def _bands(piece: Sequence[ExpressionState], end: float, seconds: float) -> str:
    xs = [_WIDTH * (1 - (end - state.time) / seconds) for state in piece]
    below = [0.0] * len(piece)
    drawn = []
    for label in LABELS:
        above = [
            low + (state.blend[label] if state.blend else 0.0)
            for low, state in zip(below, piece, strict=True)
        ]
        edge = [*zip(xs, above, strict=True), *reversed(list(zip(xs, below, strict=True)))]
        points = " ".join(f"{x:.1f},{_HEIGHT * (1 - y):.1f}" for x, y in edge)
        drawn.append(f'<polygon data-band="{label}" points="{points}" fill="{EXPRESSION_COLOURS[label]}"/>')
        below = above
    return "".join(drawn)


def _means(states: Sequence[ExpressionState]) -> dict[str, float]:
    blends = [state.blend for state in states if state.blend is not None]
    if not blends:
        return {}
    return {label: sum(blend[label] for blend in blends) / len(blends) for label in LABELS}
