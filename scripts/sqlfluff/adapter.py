"""Stands in for dbt's ``adapter`` while sqlfluff renders a model: a dispatched macro becomes a function call."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, package: str = "") -> Callable[..., str]:
    """Return a function that writes ``name(argument, …)``: an expression of the right shape, without dbt's context."""
    del package
    return lambda *arguments, **_: f"{name}({', '.join(str(argument) for argument in arguments)})"
