"""The process that lays out one PDF: HTML on standard input, PDF on standard output.

It runs apart so that a document that is too much ends this process and not the portal, and it opens nothing that
the HTML names: no file, no address.
"""

from __future__ import annotations

import io
import logging
import resource
import sys

_MEMORY = 1_500 * 1024 * 1024
_CPU_SECONDS = 50
_BLANK = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="


def main() -> int:
    """Lay out the document and return the exit code."""
    _limit(resource.RLIMIT_CPU, _CPU_SECONDS)
    _limit(resource.RLIMIT_AS, _MEMORY)
    logging.disable(logging.CRITICAL)
    from xhtml2pdf import pisa  # after the limits

    output = io.BytesIO()
    result = pisa.CreatePDF(sys.stdin.buffer.read(), dest=output, encoding="utf-8", link_callback=allowed)
    sys.stdout.buffer.write(output.getvalue())
    return 1 if result.err else 0


def allowed(uri: str, _: str | None) -> str:
    """Return what may be opened for ``uri``: a picture that the document carries, else a blank one."""
    return uri if uri.startswith("data:image/png;base64,") else _BLANK


def _limit(kind: int, most: int) -> None:
    try:
        resource.setrlimit(kind, (most, most))
    except (ValueError, OSError):
        return  # macOS refuses a limit of the address space: the limits of time remain


if __name__ == "__main__":
    raise SystemExit(main())
