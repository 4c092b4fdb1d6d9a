"""Stands in for dbt's cross-database macros while sqlfluff renders a model: each becomes a function call."""

from __future__ import annotations

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    return lambda *arguments, **_: f"{name}({', '.join(str(argument) for argument in arguments)})"
