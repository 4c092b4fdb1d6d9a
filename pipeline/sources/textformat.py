"""How the text of a delimited file is written: encoding, separator, quote, and what stands for nothing."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_NOT_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}


@dataclass(frozen=True)
class TextFormat:
    """Format of a delimited text file.

    Attributes:
        encoding: a Python codec; ``utf-8-sig`` is UTF-8 with or without a byte order mark.
        separator: one character between fields.
        quote: one character around fields, empty for none.
        null_values: texts that mean no value.
    """

    encoding: str = "utf-8-sig"
    separator: str = ","
    quote: str = '"'
    null_values: frozenset[str] = frozenset({""})


def text_encoding(name: str) -> str:
    """Return the codec for an encoding's name; plain UTF-8 accepts a byte order mark.

    Raises:
        ValueError: if there is no such text encoding.
    """
    try:
        found = codecs.lookup(name).name
        "a".encode(found)  # refuses codecs that are not of text, such as base64
    except (LookupError, ValueError):
        raise ValueError(f"`{name}` is no known encoding (usual ones: utf-8, cp1252, iso-8859-15, utf-16)") from None
    if found in _NOT_TEXT:
        raise ValueError(f"`{name}` is no encoding of files (usual ones: utf-8, cp1252, iso-8859-15, utf-16)")
    return "utf-8-sig" if found == "utf-8" else found
