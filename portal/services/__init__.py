"""Everything that the portal writes: audit records, users, tokens."""
