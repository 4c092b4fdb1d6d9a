"""Sends a document as a file, and records what was sent: rows, bytes and checksum."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Any

from flask import Response, abort, after_this_request, send_file, stream_with_context

from portal import builds
from portal.exports.csv import csv_chunks, list_chunks
from portal.exports.document import MEDIA_TYPES, Document, Format
from portal.exports.drawing import to_png
from portal.exports.file_names import safe_name
from portal.exports.pdf import PdfError, pdf_bytes
from portal.exports.xlsx import write_xlsx
from portal.security import record

_IN_MEMORY = 2 * 1024 * 1024


def unread(response: Response) -> Response:
    """Send ``response`` from an operation of the API as it is.

    The check of answers reads them whole; a file passes by it, in the place of an empty answer that is checked.
    """
    after_this_request(lambda _: response)
    return Response()


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


def download(document: Document, format: Format) -> Response:
    """Return ``document`` as a file to save. CSV is streamed; its record is two: started, and finished.

    The view that calls it demands ``exports:create`` and what its figures want. 503 if a PDF cannot be laid out.
    """
    rows = _Counted(document.rows)
    document = replace(document, rows=rows)
    if format == "csv":
        return _stream(csv_chunks(document), rows, _file_name(document, "csv"), document.name)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the response closes it
    _write(document, format, file)
    size = file.tell()
    file.seek(0)
    checksum = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    written = document.total if document.sections else rows.count
    _record(_file_name(document, format), document.name, written, size, checksum)
    return send_file(
        file, mimetype=MEDIA_TYPES[format], as_attachment=True, download_name=_file_name(document, format), etag=False
    )


def download_list(name: str, header: Sequence[str], lines: Iterable[Sequence[object]]) -> Response:
    """Return a list that is no report as a CSV file called ``name``, streamed and recorded like a document."""
    rows = _Counted(lines)
    return _stream(list_chunks(header, rows), rows, f"daybook-{name}.csv", name)


def _stream(chunks: Iterable[bytes], rows: _Counted, file_name: str, name: str) -> Response:
    recorded = stream_with_context(_recorded(chunks, rows, file_name, name))
    response = Response(recorded, mimetype=MEDIA_TYPES["csv"])
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return builds.outlive(response)


def picture(document: Document) -> Response:
    """Return the chart of ``document`` as PNG to save; 404 if it has none. The view demands what ``download`` wants."""
    if document.chart is None:
        abort(404)
    content = to_png(document.chart)
    name = f"daybook-{safe_name(document.name)}-b{document.stamp.build_id}.png"
    details = {"file": name, "format": "png", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    record("export", "report", resource_id=document.name[:200], details=details)
    return send_file(io.BytesIO(content), mimetype="image/png", as_attachment=True, download_name=name, etag=False)


def _write(document: Document, format: Format, file: IO[bytes]) -> None:
    if format == "xlsx":
        write_xlsx(document, file)
        return
    try:
        file.write(pdf_bytes(document))
    except PdfError as error:
        abort(503, str(error))


def _recorded(chunks: Iterable[bytes], rows: _Counted, file_name: str, name: str) -> Iterator[bytes]:
    size, checksum, outcome = 0, hashlib.sha256(), "failed"
    try:
        for chunk in chunks:
            size += len(chunk)
            checksum.update(chunk)
            yield chunk
        outcome = "success"
    finally:  # also when the reader hangs up half-way
        _record(file_name, name, rows.count, size, checksum.hexdigest(), outcome)


def _record(file_name: str, name: str, rows: int, size: int, checksum: str, outcome: str = "success") -> None:
    details = {
        "file": file_name,
        "format": file_name.rpartition(".")[2],
        "rows": rows,
        "bytes": size,
        "sha256": checksum,
    }
    record("export", "report", resource_id=name[:200], outcome=outcome, details=details)


def _file_name(document: Document, format: Format) -> str:
    return f"daybook-{safe_name(document.name)}-b{document.stamp.build_id}.{format}"
