"""Backups of the whole warehouse: one sealed file each, verified by restoring, restored by putting a new database in place."""
