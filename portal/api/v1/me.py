"""Who is asking."""

from __future__ import annotations

from flask import Blueprint, Response, g
from flask_security import current_user
from flask_wtf.csrf import generate_csrf

from portal.api.v1.envelope import ok
from portal.api.v1.schema import Camel, operation
from portal.security import signed_in
from portal.security.scope import own_hospitals

blueprint = Blueprint("me", __name__)


class Me(Camel):
    """The signed-in user. ``csrf_token`` is for writes with the session cookie; None with a bearer token."""

    user_id: str
    email: str
    roles: list[str]
    permissions: list[str]
    hospitals: list[str]
    csrf_token: str | None


@blueprint.get("/me")
@signed_in
@operation(Me)
def me() -> Response:
    """Who is asking: roles, permissions, hospitals."""
    user = Me(
        user_id=str(current_user.id),
        email=current_user.email,
        roles=current_user.role_names,
        permissions=sorted(current_user.permissions),
        hospitals=list(own_hospitals()),
        csrf_token=None if g.get("bearer") else generate_csrf(),
    )
    return ok(user.model_dump(by_alias=True))
