"""What can go wrong with backups; each message says what happened and what to do."""

from __future__ import annotations

from warehouse.settings import SettingsError


class BackupError(SettingsError):
    """A backup could not be made, read or restored; nothing that was there before is harmed."""


class DamagedBackupError(BackupError):
    """A file that is cut off or was changed."""


class ForeignBackupError(BackupError):
    """A file that is no backup of this installation, or one that this version cannot read."""


class BackupBusyError(BackupError):
    """Another verification or restore is in progress."""
