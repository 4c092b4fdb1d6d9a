"""Sends a document as a file, and records what was sent, in the log of exports and in the audit log: rows, bytes, checksum."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import IO

from flask import Response, abort, after_this_request, current_app, g, request, send_file, stream_with_context
from flask_security import current_user

from portal import builds
from portal.analytics.charts import Spec
from portal.exports.csv import csv_chunks, list_chunks
from portal.exports.document import MEDIA_TYPES, Document, Format
from portal.exports.drawing import to_png
from portal.exports.file_names import safe_name
from portal.exports.pdf import PdfError
from portal.exports.writing import Counted, Written, file_name, has_patients, write
from portal.queries.exports import Export
from portal.security import (
    audit_entry,
    current_hospitals,
    current_providers,
    own_hospitals,
    plain,
    recorded,
    shown_filters,
)
from portal.services import audit, exports
from portal.services.audit import Entry
from portal.services.exports import Made

_IN_MEMORY = 2 * 1024 * 1024


def unread(response: Response) -> Response:
    """Send ``response`` from an operation of the API as it is.

    The check of answers reads them whole; a file passes by it, in the place of an empty answer that is checked.
    """
    after_this_request(lambda _: response)
    return Response()


def download(
    document: Document, format: Format, entity: str | None = None, filters: Mapping[str, Sequence[str]] | None = None
) -> Response:
    """Return ``document`` as a file to save. CSV is streamed; its audit record is two: started, and finished.

    The view that calls it demands ``exports:create`` and what its figures want. ``entity`` is what the log calls it, where
    that is not the name of the page; ``filters`` are what limits it, where the address does not say. 503 if a PDF cannot be
    laid out.
    """
    about = made_of(document, format, entity or page_name(), filters)
    name = file_name(document, format)
    if format == "csv":
        rows = Counted(document.rows)
        return _stream(csv_chunks(replace(document, rows=rows)), lambda: rows.count, name, _entry(document.name), about)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the response closes it
    try:
        written = write(document, format, file)
    except PdfError as error:
        abort(503, str(error))
    file.seek(0)
    _record(written, document.name, about)
    return send_file(file, mimetype=MEDIA_TYPES[format], as_attachment=True, download_name=name, etag=False)


def download_list(name: str, header: Sequence[str], lines: Iterable[Sequence[object]]) -> Response:
    """Return a list that is no report as a CSV file called ``name``, streamed and recorded like a document."""
    rows = Counted(lines)
    return _stream(list_chunks(header, rows), lambda: rows.count, f"daybook-{name}.csv", _entry(name), _list_of("csv"))


def download_again(chunks: Iterable[bytes], kept: Export) -> Response:
    """Return a file that is kept, streamed. Its audit record is two, as a new one's; in the log of exports it stands already."""
    entry = audit_entry("export_again", "export", resource_id=str(kept.id))
    response = _stream(chunks, lambda: kept.row_count or 0, kept.filename, entry)
    response.mimetype = MEDIA_TYPES[kept.export_type]  # type: ignore[index]
    response.content_length = kept.file_size or 0
    return response


def picture(document: Document) -> Response:
    """Return the chart of ``document`` as PNG to save; 404 if it has none. The view demands what ``download`` wants."""
    if document.chart is None:
        abort(404)
    name = file_name(document, "png")
    return _picture(document.chart, name, document.total, document.name, made_of(document, "png", page_name()))


def chart_picture(chart: Spec, name: str) -> Response:
    """Return a chart that the page draws by itself as PNG to save, called ``name``. The view demands what ``download`` wants."""
    build = builds.find_live_build()
    file = f"daybook-{safe_name(name)}{f'-b{build.build_id}' if build else ''}.png"
    return _picture(chart, file, 0, name, replace(_list_of("png"), build_id=build.build_id if build else None))


def made_of(document: Document, format: str, entity: str, filters: Mapping[str, Sequence[str]] | None = None) -> Made:
    """Return what the log of exports says of ``document``, made for who is asking."""
    said, given = dict(document.filters), shown_filters() if filters is None else plain(filters)
    end = _day(said.get("To")) or _day(said.get("As of"))
    return Made(
        entity, format, current_user.id, current_hospitals(), own_hospitals(), document.stamp.build_id,
        _day(said.get("From")), end,
        fields=given.pop("fields", ()), filters=given, providers=_links(), has_patients=has_patients(document),
    )  # fmt: skip


def page_name() -> str:
    """Return what the log calls the files of the page that is asked for."""
    return str(request.blueprint).rpartition(".")[2].replace("_", "-")


def _list_of(format: str) -> Made:
    """Return what the log says of a file of this page that has no days of its own."""
    return Made(
        page_name(), format, current_user.id, current_hospitals(), own_hospitals(), filters=shown_filters(), providers=_links()
    )  # fmt: skip


def _picture(chart: Spec, name: str, total: int, resource: str, about: Made) -> Response:
    content = to_png(chart)
    written = Written(name, total, len(content), hashlib.sha256(content).hexdigest())
    _record(written, resource, about)
    return send_file(io.BytesIO(content), mimetype="image/png", as_attachment=True, download_name=name, etag=False)


def _links() -> tuple[tuple[str, str], ...] | None:
    return current_providers()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _entry(name: str) -> Entry:
    return audit_entry("export", "report", resource_id=name[:200])


def _stream(
    chunks: Iterable[bytes], rows: Callable[[], int], file: str, entry: Entry, about: Made | None = None
) -> Response:
    response = Response(mimetype=MEDIA_TYPES["csv"])
    response.headers.set("Content-Disposition", "attachment", filename=file)
    if request.method == "HEAD":  # who asks for the headers gets no file, and no record promises one
        response.automatically_set_content_length = False
        return response
    sent = _Sent(chunks, rows, file, entry, about)
    response.response = stream_with_context(iter(sent))
    builds.outlive(response)
    response.call_on_close(sent.close)  # last: the connection is given back whether or not there can be a record
    return response


class _Sent:
    """A file as it leaves, piece by piece, and the one record of its end.

    The last piece is followed by the record of the whole, and a line in the log of exports if ``about`` says what it is of; a
    reader who hangs up, before the first piece or later, is recorded when the response is closed, when the request is over: who
    asked is remembered.
    """

    def __init__(
        self, chunks: Iterable[bytes], rows: Callable[[], int], file: str, entry: Entry, about: Made | None
    ) -> None:
        self._chunks, self._rows, self._file, self._about, self._entry = chunks, rows, file, about, entry
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]
        self._request = g._get_current_object()
        self._size, self._checksum, self._is_recorded = 0, hashlib.sha256(), False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._size += len(chunk)
            self._checksum.update(chunk)
            yield chunk
        with self._app.app_context():
            if self._about is None:
                audit.record(exports.entry_of(self._entry, self._written))
            else:
                exports.log(self._about, self._written, self._entry)
        self._is_recorded = True

    def close(self) -> None:
        """Record that not all of it left, unless all of it did, or the access was refused for want of a record."""
        if self._is_recorded or not self._request.get("audit_recorded"):
            return
        try:
            with self._app.app_context():
                details = exports.details_of(self._written)
                audit.record(replace(self._entry, outcome="failed", details=details))
            self._is_recorded = True
        except audit.AuditUnavailableError:  # nothing is left to be refused
            self._app.logger.exception("The end of a file could not be recorded.")

    @property
    def _written(self) -> Written:
        return Written(self._file, self._rows(), self._size, self._checksum.hexdigest())


def _record(written: Written, name: str, about: Made) -> None:
    exports.log(about, written, _entry(name))
    recorded()
