"""What the commands share: failures as one sentence, the warehouse made ready, who is asking."""

from __future__ import annotations

import getpass
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import psycopg

from pipeline import show
from pipeline.errors import BusyError, DaybookError, warehouse_error
from warehouse import embedded, migrate
from warehouse.backup.errors import BackupBusyError, BackupError
from warehouse.engine import url_for
from warehouse.settings import SettingsError, home, write_private


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn failures that a person can act on into one sentence and the right exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        show.log_to_stderr()
        try:
            command(*args, **kwargs)
        except DaybookError as error:
            show.error(str(error))
            sys.exit(error.exit_code)
        except BackupBusyError as error:
            show.error(str(error))
            sys.exit(BusyError.exit_code)
        except BackupError as error:
            show.error(str(error))
            sys.exit(1)
        except SettingsError as error:
            show.error(str(error))
            sys.exit(2)
        except psycopg.Error as error:
            show.error(str(warehouse_error(error)))
            sys.exit(1)
        except KeyboardInterrupt:
            show.error("Stopped. Nothing was published; the next run starts afresh.")
            sys.exit(130)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception:  # noqa: BLE001 - the last net: a person gets a sentence, the traceback goes to a private file
            show.error(f"An error that Daybook did not foresee; its details are in {_keep_traceback()}.")
            sys.exit(1)

    return run


def _keep_traceback() -> Path:
    path = home() / "logs" / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    write_private(path, traceback.format_exc())
    return path


def prepare_warehouse() -> None:
    """Start the embedded server if that is the warehouse, and bring the schema up to date.

    Raises:
        SettingsError: in production without a login of the pipeline's own, before anything is touched.
    """
    if os.environ.get("DATABASE_URL"):
        url_for("etl")
    else:
        embedded.start()
    migrate.upgrade()


def who() -> str:
    """Return the name of the person, or account, at the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
