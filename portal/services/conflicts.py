"""What cannot be done now because of what was done before."""

from __future__ import annotations


class ConflictError(Exception):
    """What is asked for was decided already or is under way; the message says which. Answered with 409."""
