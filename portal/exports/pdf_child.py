"""The process that lays out one PDF: HTML on standard input, PDF on standard output.

It runs apart so that a document that is too much ends this process and not the portal, and it opens nothing that
the HTML names: no file, no address.
"""

from __future__ import annotations

import io
import logging
import resource
import sys
from pathlib import Path

_MEMORY = 1_500 * 1024 * 1024
_CPU_SECONDS = 50
_FONTS = Path(__file__).with_name("fonts")
_BLANK = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="


def main() -> int:
    """Lay out the document and return the exit code."""
    _limit(resource.RLIMIT_CPU, _CPU_SECONDS)
    _limit(resource.RLIMIT_AS, _MEMORY)
    logging.disable(logging.CRITICAL)
    from xhtml2pdf import pisa  # after the limits

    _embed_fonts()
    output = io.BytesIO()
    result = pisa.CreatePDF(sys.stdin.buffer.read(), dest=output, encoding="utf-8", link_callback=allowed)
    sys.stdout.buffer.write(output.getvalue())
    return 1 if result.err else 0


def allowed(uri: str, _: str | None) -> str:
    """Return what may be opened for ``uri``: a picture that the document carries, else a blank one."""
    return uri if uri.startswith("data:image/png;base64,") else _BLANK


def _embed_fonts() -> None:
    # The fonts that every PDF reader has know Western letters only; names of hospitals and departments know no such limit.
    from reportlab.lib.fonts import addMapping  # type: ignore[import-untyped]
    from reportlab.pdfbase.pdfmetrics import registerFont  # type: ignore[import-untyped]
    from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
    from xhtml2pdf.default import DEFAULT_FONT

    for name, file, bold in (
        ("daybook", "DejaVuSansCondensed.ttf", 0),
        ("daybook-bold", "DejaVuSansCondensed-Bold.ttf", 1),
    ):
        registerFont(TTFont(name, str(_FONTS / file)))
        addMapping("daybook", bold, 0, name)
        addMapping("daybook", bold, 1, name)
    DEFAULT_FONT["daybook"] = "daybook"


def _limit(kind: int, most: int) -> None:
    try:
        resource.setrlimit(kind, (most, most))
    except (ValueError, OSError):
        return  # macOS refuses a limit of the address space: the limits of time remain


if __name__ == "__main__":
    raise SystemExit(main())
