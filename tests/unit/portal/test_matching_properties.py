"""Whatever was logged and billed: nothing is lost, nothing counted twice, and the order of rows means nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.analytics.cases import Audited, BilledCase, Decision, LoggedCase, Matching
from portal.analytics.match_assignment import settle
from portal.analytics.match_evidence import evidence, normal_ticket, score
from portal.analytics.matching import match
from scripts.benchmarks.case_logs import Noise, labelled_cases
from scripts.benchmarks.matching import quality

# Few values: by chance alone nothing would be alike.
DAYS = st.integers(0, 6).map(lambda days: date(2026, 3, 1) + timedelta(days=days))
TICKETS = st.sampled_from(["TK1001", "TK1010", "tk-1001", "TK01001", "TK2001", "TK2002", "ABC", "0"])
CODES = st.lists(st.sampled_from(["00790", "36620", "01402"]), max_size=3, unique=True).map(tuple)
MINUTES = st.none() | st.integers(1, 99).map(Decimal)
PROVIDERS = st.sampled_from(["P1", "P2"])


@st.composite
def audited(draw: st.DrawFn) -> Audited:
    left = draw(st.lists(st.tuples(PROVIDERS, DAYS, st.none() | TICKETS, CODES, MINUTES), max_size=9))
    right = draw(st.lists(st.tuples(PROVIDERS, DAYS, TICKETS, CODES, MINUTES, st.booleans()), max_size=9))
    logged = [LoggedCase(f"l{number}", *values) for number, values in enumerate(left)]
    billed = [
        BilledCase(f"b{number}", *values, Decimal(100), Decimal(50), is_reversed)
        for number, (*values, is_reversed) in enumerate(right)
    ]
    names = st.sampled_from([case.key for case in logged] or ["l0"])
    others = st.lists(st.sampled_from([case.key for case in billed] or ["b0"]), min_size=1, max_size=2, unique=True)
    said = st.builds(Decision, st.sampled_from(["confirm", "split"]), names, others.map(tuple))
    return Audited(logged, billed, draw(st.lists(said, max_size=2)))


def logged_keys(found: Matching) -> list[str]:
    keys = [one.logged.key for one in (*found.matches, *found.missing)]
    return sorted([*keys, *(case.key for group in found.ambiguous for case in group.logged)])


def billed_keys(found: Matching) -> list[str]:
    keys = [part.key for one in found.matches for part in one.billed]
    keys += [case.key for group in found.ambiguous for case in group.billed]
    return sorted([*keys, *(case.key for case in (*found.unexpected, *found.reversed, *found.outside))])


@given(audited())
@settings(max_examples=300, deadline=None)
def test_every_case_is_in_exactly_one_list_and_no_charge_is_given_twice(one: Audited):
    found = match(one)
    assert logged_keys(found) == sorted(case.key for case in one.logged)
    assert billed_keys(found) == sorted(case.key for case in one.billed)


@given(audited(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_rows_means_nothing(one: Audited, chance: Random):
    shuffled = replace(
        one,
        logged=chance.sample(list(one.logged), len(one.logged)),
        billed=chance.sample(list(one.billed), len(one.billed)),
        decisions=chance.sample(list(one.decisions), len(one.decisions)),
    )
    assert match(shuffled) == match(one)


@given(audited(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_has_nothing_to_do_with_it_changes_no_match(one: Audited, is_other_provider: bool):
    provider, day = ("P9", date(2026, 3, 2)) if is_other_provider else ("P1", date(2029, 3, 2))
    logged = LoggedCase("l-new", provider, day, "TK1001", ("00790",))
    billed = BilledCase("b-new", provider, day, "TK1001", ("00790",), None, Decimal(1), Decimal(1))
    before, after = match(one), match(replace(one, logged=[*one.logged, logged], billed=[*one.billed, billed]))
    assert [each for each in after.matches if each.logged.key != "l-new"] == list(before.matches)
    assert after.missing == before.missing
    assert after.unexpected == before.unexpected
    assert after.ambiguous == before.ambiguous


@given(st.lists(st.tuples(PROVIDERS, DAYS, st.integers(0, 10**6), CODES, MINUTES), max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_log_that_says_what_was_billed_matches_fully(
    rows: list[tuple[str, date, int, tuple[str, ...], Decimal | None]],
):
    by_ticket = {
        number: (provider, day, f"T{number}", codes, minutes) for provider, day, number, codes, minutes in rows
    }
    billed = [BilledCase(f"b{number}", *row, Decimal(1), Decimal(1)) for number, row in by_ticket.items()]
    logged = [LoggedCase(f"l{number}", *row) for number, row in by_ticket.items()]
    found = match(Audited(logged, billed))
    assert {one.logged.key[1:]: [part.key[1:] for part in one.billed] for one in found.matches} == {
        str(number): [str(number)] for number in by_ticket
    }
    assert not (found.missing or found.unexpected or found.ambiguous)
    assert {one.kind for one in found.matches} <= {"exact"}


@given(audited())
@settings(max_examples=200, deadline=None)
def test_a_person_s_confirmation_of_a_standing_charge_always_stands(one: Audited):
    standing = [case.key for case in one.billed if not case.is_reversed]
    if not (one.logged and standing):
        return
    said = Decision("confirm", one.logged[0].key, (standing[0],))
    (confirmed,) = [each for each in match(replace(one, decisions=[said])).matches if each.kind == "confirmed"]
    assert (confirmed.logged.key, [part.key for part in confirmed.billed]) == (said.logged, list(said.billed))


@given(audited())
def test_scores_lie_between_nothing_and_certainty(one: Audited):
    scores = [score(evidence(left), evidence(right)) for left in one.logged for right in one.billed]
    assert all(0 <= value <= 1 for value in scores)


@given(st.text(max_size=12))
def test_a_ticket_is_normalised_once(ticket: str):
    assert normal_ticket(normal_ticket(ticket)) == normal_ticket(ticket)


@pytest.mark.parametrize("size", [3, 450])
def test_small_and_large_groups_are_settled_alike(size: int):
    """A chain in which each case could also be its neighbour's, dense below a limit and sparse above it."""
    scores = {(place, place): 0.3 for place in range(size)} | {(place, place + 1): 0.1 for place in range(size - 1)}
    assert settle(scores, 0.03).pairs == tuple((place, place) for place in range(size))


@pytest.mark.parametrize("seed", [20261, 20262])
def test_generated_cases_are_matched_with_precision_and_recall_of_98_percent(seed: int):
    labelled = labelled_cases(seed, 600, Noise())
    measured = quality(labelled, match(labelled.audited))
    assert measured.precision >= 0.98, f"seed {seed}: {measured}"
    assert measured.recall >= 0.98, f"seed {seed}: {measured}"


def test_the_benchmark_would_notice_a_matcher_that_guesses():
    labelled = labelled_cases(1, 300, Noise())
    found = match(replace(labelled.audited, logged=[replace(c, ticket=None) for c in labelled.audited.logged]))
    assert quality(labelled, found).recall < 0.98
