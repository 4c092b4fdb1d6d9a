"""Answers that a program holds already are not sent again: an ETag on every answer with a build, 304 where it is known.

The tag is of the build, of whose hospitals and which query it is, and of every byte that would be sent. So it also changes with
what a build does not hold: decisions since it, and the word that it is stale. The access is checked and recorded all the same.
"""

from __future__ import annotations

import hashlib

from flask import Response, g, request


def conditional(response: Response) -> Response:
    """Tag ``response`` if it is an answer from a build; empty it (304) if ``If-None-Match`` names it."""
    build = g.get("live_build")
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or not response.is_json or build is None:
        return response
    digest = hashlib.sha256()
    for part in (request.path.encode(), request.query_string, ",".join(g.get("hospitals", ())).encode()):
        digest.update(part + b"\n")
    digest.update(response.get_data())
    response.set_etag(f"b{build.build_id}-{digest.hexdigest()[:32]}")
    response.vary.update(("Authorization", "Cookie"))
    response.make_conditional(request)
    return response
