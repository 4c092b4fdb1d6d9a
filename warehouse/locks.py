"""Numbers of the advisory locks, all in one place: two uses of one number would wait for each other."""

from __future__ import annotations

MIGRATION = 7_340_001
"""Held while the database is migrated."""
RUN = 7_340_002
"""Held by the session of the run in progress."""
AUDIT = 7_340_003
"""Held from the numbering of an audit record to the end of its transaction."""
SCRATCH = 7_340_004
"""Held, in a database beside the warehouse's, while a backup is verified or restored."""
READER = 7_340_010
"""First key of the lock that a reader of a build holds, shared; the second is the build's id."""
