"""Who may do what: the one table that maps roles to permissions. Views name permissions, never roles."""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "reports:read": "Revenue and aging totals",
    "patients:read": "Patient rows: search, payment history, outstanding invoices",
    "patients:contact": "Contact details of a patient, with a reason",
    "financial-reports:read": "All financial reports",
    "financial-reports:write": "Request and cancel write-offs",
    "financial-reports:approve": "Decide write-offs",
    "exports:create": "Export what is shown",
    "compensation:read": "Compensation of the linked providers",
    "forecast:read": "Forecasts of what the user may see: revenue, or the linked providers' compensation",
    "etl:read": "ETL runs, gates and quarantine",
    "etl:run": "Start an ETL run",
    "audit-log:read": "Audit log and its verification",
    "users:manage": "Users of the same hospitals",
    "definitions:read": "Definitions of the figures",
}

_VIEWER = ("reports:read", "forecast:read", "definitions:read")
_PATIENT_ACCOUNTS = (*_VIEWER, "patients:read", "patients:contact")
_ACCOUNTANT = (*_PATIENT_ACCOUNTS, "financial-reports:read", "financial-reports:write", "exports:create")
_HOSPITAL_ADMIN = (
    *_ACCOUNTANT,
    "financial-reports:approve",
    "etl:read",
    "etl:run",
    "audit-log:read",
    "users:manage",
)
_PROVIDER = ("compensation:read", "forecast:read", "exports:create", "definitions:read")

ROLE_PERMISSIONS: dict[str, tuple[str, ...]] = {
    "viewer": _VIEWER,
    "patient_accounts": _PATIENT_ACCOUNTS,
    "accountant": _ACCOUNTANT,
    "hospital_admin": _HOSPITAL_ADMIN,
    "provider": _PROVIDER,
    "practice_manager": _PROVIDER,
    "analyst": ("definitions:read",),
    "auditor": ("audit-log:read",),
    "super_admin": tuple(PERMISSIONS),
}
ALL_HOSPITALS_ROLE = "super_admin"


def permissions_of(roles: list[str]) -> frozenset[str]:
    """Return what a user with these roles may do; a role that this version does not know grants nothing."""
    return frozenset(permission for role in roles for permission in ROLE_PERMISSIONS.get(role, ()))
