"""Which logged case is which billed one: the pairing with the most evidence in all, where no other is about as good.

Works on numbers: cases are indices, pairs have scores. Groups of cases that no pair connects are settled apart, so that what
is elsewhere changes nothing and 10,000 cases take no matrix of 10,000 × 10,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Pair = tuple[int, int]
Scores = Mapping[Pair, float]
_DENSE = 400  # cases of a group up to which a full matrix is the quicker way


@dataclass(frozen=True)
class Settled:
    """Pairs that stand, and groups (logged, billed) that can be paired in several ways."""

    pairs: tuple[Pair, ...]
    unclear: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def settle(scores: Scores, margin: float) -> Settled:
    """Pair logged (first) with billed (second) so that the sum of scores is the highest and nobody is in two pairs.

    Args:
        scores: of every pair that may be, above 0.
        margin: pairs that could be exchanged for others at a loss below this are unclear, with what they could be exchanged for.
    """
    pairs: list[Pair] = []
    unclear: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    for group in _groups(scores):
        if len(group) == 1:
            pairs.extend(group)
            continue
        chosen = _best(group)
        doubtful = _doubtful(group, chosen, margin)
        pairs.extend(pair for pair in chosen.items() if ("l", pair[0]) not in doubtful)
        unclear.extend(_members(doubtful))
    return Settled(tuple(sorted(pairs)), tuple(sorted(unclear)))


def _groups(scores: Scores) -> list[dict[Pair, float]]:
    """Split pairs into groups that share no case."""
    roots: dict[tuple[str, int], tuple[str, int]] = {}
    for left, right in sorted(scores):
        _unite(roots, ("l", left), ("b", right))
    groups: dict[tuple[str, int], dict[Pair, float]] = {}
    for pair in sorted(scores):
        groups.setdefault(_root(roots, ("l", pair[0])), {})[pair] = scores[pair]
    return list(groups.values())


def _best(group: dict[Pair, float]) -> dict[int, int]:
    lefts, rights = sorted({left for left, _ in group}), sorted({right for _, right in group})
    rows, columns = {left: place for place, left in enumerate(lefts)}, {right: at for at, right in enumerate(rights)}
    found = (_dense if max(len(rows), len(columns)) <= _DENSE else _sparse)(
        {(rows[left], columns[right]): value for (left, right), value in group.items()}, len(rows), len(columns)
    )
    pairs = ((lefts[row], rights[column]) for row, column in found if column < len(rights))
    return {left: right for left, right in pairs if (left, right) in group}


def _dense(group: dict[Pair, float], height: int, width: int) -> list[Pair]:
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # loads slowly

    matrix = np.zeros((height, width))
    for place, value in group.items():
        matrix[place] = value
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def _sparse(group: dict[Pair, float], height: int, width: int) -> list[Pair]:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching  # type: ignore[import-untyped]

    # Each logged case may also stay alone: a column of its own that is worth nothing. Weights must not be 0.
    places = [*group, *((row, width + row) for row in range(height))]
    costs = [*(2.0 - value for value in group.values()), *([2.0] * height)]
    rows, columns = zip(*places, strict=True)
    matrix = csr_array((costs, (rows, columns)), shape=(height, width + height))
    found = min_weight_full_bipartite_matching(matrix)
    return [(int(row), int(column)) for row, column in zip(*found, strict=True)]


def _doubtful(
    group: dict[Pair, float], chosen: dict[int, int], margin: float
) -> dict[tuple[str, int], tuple[str, int]]:
    """Unite what could be paired otherwise at a loss below ``margin``: by leaving one alone, or by exchanging two."""
    owners = {right: left for left, right in chosen.items()}
    roots: dict[tuple[str, int], tuple[str, int]] = {}
    for (left, right), value in group.items():
        if chosen.get(left) == right:
            continue
        mine, owner = chosen.get(left), owners.get(right)
        now = (group[left, mine] if mine is not None else 0.0) + (group[owner, right] if owner is not None else 0.0)
        exchanged = group.get((owner, mine), 0.0) if owner is not None and mine is not None else 0.0
        if now - value - exchanged < margin:
            members = [("l", left), ("b", right)]
            members += [("b", mine)] if mine is not None else []
            members += [("l", owner)] if owner is not None else []
            for member in members[1:]:
                _unite(roots, members[0], member)
    return _with_partners(roots, chosen, owners)


def _with_partners(
    roots: dict[tuple[str, int], tuple[str, int]], chosen: dict[int, int], owners: dict[int, int]
) -> dict[tuple[str, int], tuple[str, int]]:
    for side, number in list(roots):
        partner = chosen.get(number) if side == "l" else owners.get(number)
        if partner is not None:
            _unite(roots, (side, number), ("b" if side == "l" else "l", partner))
    return roots


def _members(roots: dict[tuple[str, int], tuple[str, int]]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    found: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for one in sorted(roots):
        found.setdefault(_root(roots, one), []).append(one)
    return [
        (tuple(n for side, n in group if side == "l"), tuple(n for side, n in group if side == "b"))
        for group in found.values()
    ]


def _unite(roots: dict[tuple[str, int], tuple[str, int]], one: tuple[str, int], other: tuple[str, int]) -> None:
    first, second = sorted((_root(roots, one), _root(roots, other)))
    roots[second] = first


def _root(roots: dict[tuple[str, int], tuple[str, int]], one: tuple[str, int]) -> tuple[str, int]:
    roots.setdefault(one, one)
    while roots[one] != one:
        roots[one] = roots[roots[one]]
        one = roots[one]
    return one
