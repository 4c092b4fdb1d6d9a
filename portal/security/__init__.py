"""Access: who is asking, what a view demands, which hospitals may be read, and the record of every access."""

from portal.security.declare import (
    PUBLIC,
    SIGNED_IN,
    allowed,
    demands,
    freshly_signed_in,
    public,
    reads,
    requires,
    signed_in,
    takes,
    unrecorded,
)
from portal.security.filters import is_plain, plain
from portal.security.scope import current_hospitals, current_providers, narrow_to, own_hospitals, sees_everything
from portal.security.trail import audit_entry, record, recorded, shown_filters

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "allowed",
    "audit_entry",
    "current_hospitals",
    "current_providers",
    "demands",
    "freshly_signed_in",
    "is_plain",
    "narrow_to",
    "own_hospitals",
    "plain",
    "public",
    "reads",
    "record",
    "recorded",
    "requires",
    "sees_everything",
    "shown_filters",
    "signed_in",
    "takes",
    "unrecorded",
]
