"""Values of typed sources (Parquet, databases) as exact text: ISO dates, plain decimals, never rounded."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


def to_text(value: Any) -> str | None:
    """Return the text of one value; None for a missing one.

    Binary floating point keeps its shortest exact spelling without an exponent, and loses ``.0``: tools that know no missing
    integers store ids as floats. Bytes are UTF-8 text or else hexadecimal.
    """
    if value is None or isinstance(value, str):
        return value
    writer = _WRITERS.get(type(value))
    if writer is None:
        writer = next((write for kind, write in _WRITERS.items() if isinstance(value, kind)), str)
    return writer(value)


def _float(value: float) -> str | None:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return str(value)
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0")


def _bytes(value: bytes | bytearray | memoryview) -> str:
    raw = bytes(value)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.hex()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


_WRITERS: dict[type, Any] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _float,
    Decimal: lambda value: format(value, "f"),
    datetime: lambda value: value.isoformat(),
    date: lambda value: value.isoformat(),
    time: lambda value: value.isoformat(),
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    dict: _json,
    list: _json,
}
