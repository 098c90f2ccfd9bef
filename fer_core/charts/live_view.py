"""The live page's two moving parts as HTML: the blend as bars, and the panel of cards.

Plotly mounts a chart anew on every change of its data, which flickers twice a second; plain HTML does not. All
texts are escaped here, because a catalogue is somebody's file.
"""

from __future__ import annotations

import base64
from html import escape
from typing import Final

from fer_core.labels import LABELS
from fer_core.live.smoothing import NO_FACE, UNCERTAIN, ExpressionState
from fer_core.palette import EXPRESSION_COLOURS
from fer_core.shop.catalogue import Product
from fer_core.shop.recommender import Card, Panel

_BARS_STYLE: Final = """<style>
.facet-now{display:flex;align-items:baseline;gap:.6rem;margin:.1rem 0 .5rem}
.facet-now b{font-size:1.7rem;line-height:1.2;font-weight:700}
.facet-now span{opacity:.75}
.facet-bars{display:grid;grid-template-columns:max-content 1fr 4.2ch;gap:.4rem .7rem;align-items:center}
.facet-bars .track{height:.8rem;border-radius:.4rem;background:rgba(128,128,140,.2);overflow:hidden}
.facet-bars .fill{height:100%;border-radius:.4rem}
.facet-bars .share{text-align:right;font-variant-numeric:tabular-nums}
</style>"""

_PANEL_STYLE: Final = """<style>
.facet-shelf h2{margin:0;padding:0;font-size:1.35rem;font-weight:700}
.facet-card{display:flex;flex-direction:column;animation:facet-in .35s ease-out}
.facet-card.gone{opacity:.45}
.facet-card img,.facet-card .blank{width:100%;aspect-ratio:4/3;object-fit:cover;display:block;border-radius:.5rem}
.facet-card .blank{display:grid;place-items:center;font-size:2.6rem;background:rgba(128,128,140,.16);opacity:.8}
.facet-card .text{padding:.5rem 0 0;display:flex;flex-direction:column;gap:.2rem;flex:1}
.facet-card .name{font-weight:650;line-height:1.25;overflow-wrap:anywhere}
.facet-card .line{display:flex;justify-content:space-between;flex-wrap:wrap;gap:0 .5rem;font-size:.86rem;opacity:.85}
.facet-card .price{font-weight:650;font-variant-numeric:tabular-nums;white-space:nowrap}
.facet-card .why{font-size:.86rem;line-height:1.35;margin-top:.25rem;padding-top:.4rem;
border-top:1px solid rgba(128,128,140,.22)}
@keyframes facet-in{from{opacity:0;transform:translateY(6px)}}
@media (prefers-reduced-motion:reduce){.facet-card{animation:none}}
</style>"""


def blend_bars(state: ExpressionState) -> str:
    """The label, how long it has been held, and the five shares as bars; safe to show as HTML."""
    if state.label == NO_FACE:
        now = "<b>No face</b><span>look into the camera</span>"
    elif state.label == UNCERTAIN:
        now = "<b>Uncertain</b><span>no expression is clear enough</span>"
    else:
        held = f"held for {state.held_for:.0f} s" if state.held_for >= 1 else ""
        now = f"<b>{escape(state.label.capitalize())}</b><span>{held}</span>"
    rows = "".join(_bar(label, state.blend[label] if state.blend else 0.0) for label in LABELS)
    return (
        f'{_BARS_STYLE}<div class="facet-now" data-label="{escape(state.label)}">{now}</div>'
        f'<div class="facet-bars">{rows}</div>'
    )


def shelf_head(panel: Panel) -> str:
    """The line above the cards, and the cards' looks; safe to show as HTML whatever the catalogue says."""
    return (
        f'{_PANEL_STYLE}<section class="facet-shelf" data-label="{escape(panel.label)}">'
        f"<h2>{escape(panel.headline)}</h2></section>"
    )


def card_face(card: Card, *, details: bool = False, gone: bool = False) -> str:
    """A card; safe to show as HTML whatever the catalogue says.

    Args:
        card: what to show.
        details: with the description.
        gone: pale, because it is not for this shopper.
    """
    product = card.product
    description = f'<div class="line">{escape(product.description)}</div>' if details else ""
    return (
        f'<article class="facet-card{" gone" if gone else ""}" data-product="{escape(product.id)}" '
        f'data-category="{escape(product.category)}">{_picture(product)}<div class="text">'
        f'<div class="name">{escape(product.name)}</div>'
        f'<div class="line"><span>{escape(product.category)}</span><span class="price">€{product.price:.2f}</span></div>'
        f'{description}<div class="why">{escape(card.reason)}</div></div></article>'
    )


def _bar(label: str, share: float) -> str:
    percent = round(share * 100)
    return (
        f'<span>{escape(label)}</span><div class="track" role="meter" aria-label="{escape(label)}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" data-bar="{escape(label)}">'
        f'<div class="fill" style="width:{percent}%;background:{EXPRESSION_COLOURS[label]}"></div></div>'
        f'<span class="share">{percent}%</span>'
    )


def _picture(product: Product) -> str:
    picture = product.picture_bytes()
    if picture is None:
        return f'<div class="blank" aria-hidden="true">{escape(product.name[:1].upper())}</div>'
    content, media_type = picture
    return f'<img alt="" src="data:{media_type};base64,{base64.b64encode(content).decode()}">'
