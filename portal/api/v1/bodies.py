"""The body of a request: a JSON object, said to be one, or a file in a form where one is taken.

Whatever else is sent would be taken for an empty one, and so be lost.
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import BadRequest

from portal.api.v1.schema import InvalidParametersError

_WITHOUT = frozenset({"GET", "HEAD", "OPTIONS"})
_FILES = frozenset({"api_v1.billing_audit.create"})  # take a file in a form, too


def check_body() -> None:
    """Check what was sent, before a view reads it; no body at all is left to the view.

    Raises:
        InvalidParametersError: if it is not a JSON object, or is not called one in Content-Type.
        werkzeug.exceptions.RequestEntityTooLarge: if it is larger than is read.
    """
    if request.method in _WITHOUT or not (
        request.content_length or request.get_data() or request.form or request.files
    ):
        return
    if request.endpoint in _FILES and request.mimetype == "multipart/form-data":
        return
    if not request.is_json:
        raise InvalidParametersError({"(body)": "must be JSON, sent with the header Content-Type: application/json"})
    try:
        body = request.get_json()
    except (BadRequest, RecursionError):  # the second: brackets in brackets in brackets
        raise InvalidParametersError({"(body)": "cannot be read as JSON"}) from None
    if not isinstance(body, dict):
        raise InvalidParametersError({"(body)": "must be a JSON object, as in {}"})
