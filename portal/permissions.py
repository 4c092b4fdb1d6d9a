"""Who may do what: the one table that maps roles to permissions. Views name permissions, never roles."""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "reports:read": "Revenue and aging totals",
    "patients:read": "Patient rows: search, payment history, outstanding invoices",
    "patients:contact": "Contact details of a patient, with a reason",
    "patients:follow-up": "Notes, promises to pay and next contacts of open invoices",
    "financial-reports:read": "All financial reports",
    "financial-reports:write": "Request and cancel write-offs",
    "financial-reports:approve": "Decide write-offs",
    "exports:create": "Export what is shown",
    "compensation:read": "Compensation of the linked providers",
    "deadlines:manage": "How many days payers give to file a claim",
    "forecast:read": "Forecasts of what the user may see: revenue, or the linked providers' compensation",
    "etl:read": "ETL runs, gates and quarantine",
    "etl:run": "Start an ETL run",
    "audit-log:read": "Audit log and its verification",
    "users:manage": "Users of the same hospitals",
    "definitions:read": "Definitions of the figures",
}

_VIEWER = ("reports:read", "forecast:read", "definitions:read")
_PATIENT_ACCOUNTS = (*_VIEWER, "patients:read", "patients:contact", "patients:follow-up")
_ACCOUNTANT = (*_PATIENT_ACCOUNTS, "financial-reports:read", "financial-reports:write", "exports:create")
_HOSPITAL_ADMIN = (
    *_ACCOUNTANT,
    "financial-reports:approve",
    "etl:read",
    "etl:run",
    "audit-log:read",
    "users:manage",
    "deadlines:manage",
)
_PROVIDER = ("compensation:read", "forecast:read", "exports:create", "definitions:read")
_PRACTICE_MANAGER = (*_PROVIDER, "deadlines:manage")

ROLE_PERMISSIONS: dict[str, tuple[str, ...]] = {
    "viewer": _VIEWER,
    "patient_accounts": _PATIENT_ACCOUNTS,
    "accountant": _ACCOUNTANT,
    "hospital_admin": _HOSPITAL_ADMIN,
    "provider": _PROVIDER,
    "practice_manager": _PRACTICE_MANAGER,
    "analyst": ("definitions:read",),
    "auditor": ("audit-log:read",),
    "super_admin": tuple(PERMISSIONS),
}
ALL_HOSPITALS_ROLE = "super_admin"
# Who watches administrators, or stands above them, is made by a super_admin.
RESERVED_ROLES = (ALL_HOSPITALS_ROLE, "auditor")
# Nobody gives what they do not have. Looking after users is having these to give, never to use: they open nothing by themselves,
# only what belongs to the providers that somebody is linked to, at hospitals of who gives them.
TO_GIVE: dict[str, tuple[str, ...]] = {"users:manage": ("compensation:read",)}


def grantable_roles(permissions: frozenset[str], *, to_oneself: bool = False) -> tuple[str, ...]:
    """Return the roles that somebody with ``permissions`` may give; to oneself none with more than one has to use."""
    given = frozenset(one for name in permissions for one in TO_GIVE.get(name, ()))
    most = permissions if to_oneself else permissions | given
    return tuple(
        role for role, granted in ROLE_PERMISSIONS.items() if role not in RESERVED_ROLES and most.issuperset(granted)
    )


def permissions_of(roles: list[str]) -> frozenset[str]:
    """Return what a user with these roles may do; a role that this version does not know grants nothing."""
    return frozenset(permission for role in roles for permission in ROLE_PERMISSIONS.get(role, ()))
