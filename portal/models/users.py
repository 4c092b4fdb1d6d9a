"""Users, their roles, hospitals, providers and API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from flask import current_app
from flask_security import RoleMixin, UserMixin
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, FetchedValue, ForeignKey, LargeBinary, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import SCHEMA, db
from portal.permissions import ALL_HOSPITALS_ROLE, ROLE_PERMISSIONS, permissions_of

roles_users = Table(
    "roles_users",
    db.metadata,
    Column("user_id", ForeignKey("portal.users.id"), primary_key=True),
    Column("role_id", ForeignKey("portal.roles.id"), primary_key=True),
    schema="portal",
)


class Role(db.Model, RoleMixin):  # type: ignore[name-defined]
    """A role. What it may do stands in ``portal.permissions``, not in the database."""

    __tablename__ = "roles"
    __table_args__ = SCHEMA
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    description: Mapped[str] = mapped_column(Text)

    @property
    def permissions(self) -> list[str]:  # type: ignore[override]
        """Permissions of the role."""
        return sorted(ROLE_PERMISSIONS.get(self.name, ()))


class UserHospital(db.Model):  # type: ignore[name-defined]
    """A hospital whose rows a user sees."""

    __tablename__ = "user_hospitals"
    __table_args__ = SCHEMA
    user_id: Mapped[int] = mapped_column(ForeignKey("portal.users.id"), primary_key=True)
    hospital_id: Mapped[str] = mapped_column(Text, primary_key=True)


class UserProvider(db.Model):  # type: ignore[name-defined]
    """A provider whose compensation a user sees."""

    __tablename__ = "user_providers"
    __table_args__ = SCHEMA
    user_id: Mapped[int] = mapped_column(ForeignKey("portal.users.id"), primary_key=True)
    hospital_id: Mapped[str] = mapped_column(Text, primary_key=True)
    provider_id: Mapped[str] = mapped_column(Text, primary_key=True)


class User(db.Model, UserMixin):  # type: ignore[name-defined]
    """A person who signs in."""

    __tablename__ = "users"
    __table_args__ = SCHEMA
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(Text, unique=True)
    last_login_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # type: ignore[assignment]
    current_login_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # type: ignore[assignment]
    last_login_ip: Mapped[str | None] = mapped_column(Text)
    current_login_ip: Mapped[str | None] = mapped_column(Text)
    login_count: Mapped[int] = mapped_column(default=0)
    tf_primary_method: Mapped[str | None] = mapped_column(Text)
    tf_totp_secret: Mapped[str | None] = mapped_column(Text)
    tf_last_counter: Mapped[int | None] = mapped_column(BigInteger)
    mf_recovery_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=roles_users, lazy="selectin", order_by=Role.name
    )
    hospitals: Mapped[list[UserHospital]] = relationship(lazy="selectin", cascade="all, delete-orphan")
    providers: Mapped[list[UserProvider]] = relationship(cascade="all, delete-orphan")

    narrowed_to = cast("frozenset[str] | None", None)  # of this request: the permissions of the token that it came with

    def get_auth_token(self) -> str:
        """Refuse: a user's own tokens are ``ApiToken``, which expire and can be revoked."""
        raise NotImplementedError

    def verify_auth_token(self, tdata: dict[str, Any]) -> bool:  # noqa: ARG002
        """Return False: no such token was ever given out."""
        return False

    def get_id_text(self) -> str:
        """Return how audit records name the user."""
        return str(self.id)

    def check_tf_required(self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool) -> tuple[bool, Any]:  # noqa: ARG002
        """Return whether a second factor is asked for at sign-in, and which are set up."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Return whether one of the user's roles has to have a second factor."""
        return not current_app.config["TWO_FACTOR_ROLES"].isdisjoint(self.role_names)

    @property
    def has_second_factor(self) -> bool:
        """Whether an authenticator app is set up."""
        return self.tf_primary_method is not None and self.tf_totp_secret is not None

    @property
    def role_names(self) -> list[str]:
        """Names of the user's roles, sorted."""
        return [role.name for role in self.roles]

    @property
    def permissions(self) -> frozenset[str]:
        """Everything that the user may do in this request: all that the roles grant, or what its token was given of it."""
        granted = permissions_of(self.role_names)
        return granted if self.narrowed_to is None else granted & self.narrowed_to

    @property
    def hospital_ids(self) -> tuple[str, ...]:
        """Hospitals that the user was given, sorted; a super_admin sees all without being given any."""
        return tuple(sorted(row.hospital_id for row in self.hospitals))

    @property
    def sees_all_hospitals(self) -> bool:
        """Whether the user is not bound to hospitals."""
        return ALL_HOSPITALS_ROLE in self.role_names


class ApiToken(db.Model):  # type: ignore[name-defined]
    """A bearer token of the API: only its keyed hash is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = SCHEMA
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("portal.users.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str] = mapped_column(Text, default="")
    writes: Mapped[bool] = mapped_column(default=True)
    permissions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    user: Mapped[User] = relationship(lazy="joined")

    @property
    def scope(self) -> str:
        """What the token may do, in words."""
        what = "everything you may" if self.permissions is None else ", ".join(self.permissions)
        return what if self.writes else f"{what}; reads only"
