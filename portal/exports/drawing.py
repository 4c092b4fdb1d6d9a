"""Vega-Lite specifications drawn on the server: as SVG for pages without JavaScript, as PNG for PDFs."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import vl_convert

VEGA_LITE = "6.4"
"""Version of Vega-Lite that draws here; the vendored one of the pages has the same first two numbers."""


def to_svg(spec: dict[str, Any]) -> str:
    """Return the chart as SVG. Nothing is loaded from anywhere: fonts and data are in the picture."""
    return _svg(json.dumps(spec, sort_keys=True))


def to_png(spec: dict[str, Any], scale: float = 2.0) -> bytes:
    """Return the chart as PNG, ``scale`` pixels for each of its own."""
    opaque = json.dumps(spec | {"background": "#FFFFFF"})  # PDFs have no transparency
    return bytes(vl_convert.vegalite_to_png(opaque, vl_version=VEGA_LITE, scale=scale, allowed_base_urls=[]))


@lru_cache(maxsize=64)
def _svg(spec: str) -> str:
    # Drawing takes longer than everything else on the page; the same figures give the same picture.
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[]))
