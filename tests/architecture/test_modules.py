"""Every module says what it is for, and public functions of the floors are documented and typed."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.project import files, text

FLOORS = ("pipeline", "portal", "warehouse", "scripts")


def test_every_module_has_a_docstring():
    assert not [
        str(path) for path in files(".py") if text(path).strip() and not ast.get_docstring(ast.parse(text(path)))
    ]


def test_no_empty_module_but_namespaces():
    assert not [str(path) for path in files(".py") if not text(path).strip() and path.name != "__init__.py"]


@pytest.mark.parametrize("floor", FLOORS)
def test_public_functions_are_documented(floor: str):
    missing = []
    for path in files(".py"):
        if path.parts[0] != floor or "migrations" in path.parts:
            continue
        for node in ast.parse(text(path)).body:
            is_public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if is_public and not ast.get_docstring(node):
                missing.append(f"{path}: {node.name}")
    assert not missing


@pytest.mark.parametrize("floor", FLOORS)
def test_functions_have_full_type_hints(floor: str):
    missing = []
    for path in files(".py"):
        if path.parts[0] != floor or "migrations" in path.parts:
            continue
        functions = [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.FunctionDef)]
        missing += [f"{path}: {node.name}" for node in functions if node.returns is None or _untyped(node)]
    assert not missing


def _untyped(node: ast.FunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return any(one.annotation is None and one.arg not in ("self", "cls") for one in arguments)


def test_every_test_folder_is_a_package():
    folders = {path.parent for path in files(".py") if path.name.startswith("test_")}
    assert not [str(folder) for folder in folders if folder / "__init__.py" not in files(".py")]
