"""Identity: what is encrypted comes back, what is searched is found, and nothing readable is left behind."""

from __future__ import annotations

from datetime import date

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from warehouse.identity import (
    IdentityKeyError,
    content_hash,
    decrypt,
    digits,
    encrypt,
    name_parts,
    query_token,
    query_tokens,
    ssn_hash,
    tokens_for,
)

KEY = "search-key"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
_FIELDS = st.dictionaries(st.sampled_from(["first_name", "last_name", "phone", "email", "address"]), _TEXT)


@given(_FIELDS)
def test_what_is_encrypted_comes_back(fields: dict[str, str]) -> None:
    assert decrypt(encrypt(fields, [NEW]), [NEW]) == fields


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    old = encrypt({"phone": "1"}, [OLD])
    assert decrypt(old, [NEW, OLD]) == {"phone": "1"}
    assert decrypt(encrypt({"phone": "1"}, [NEW, OLD]), [NEW]) == {"phone": "1"}
    with pytest.raises(IdentityKeyError, match="DAYBOOK_PHI_KEYS"):
        decrypt(old, [NEW])


def test_the_social_security_number_is_never_encrypted_only_hashed() -> None:
    assert decrypt(encrypt({"ssn": "078-05-1120", "phone": "1"}, [NEW]), [NEW]) == {"phone": "1"}
    assert ssn_hash("078-05-1120", KEY) == ssn_hash(" 078051120", KEY) != ssn_hash("078051121", KEY)
    assert ssn_hash("078-05-1120", KEY) != ssn_hash("078-05-1120", "other")
    assert ssn_hash(None, KEY) is ssn_hash(" - ", KEY) is None


@given(_FIELDS, _FIELDS)
def test_content_hashes_are_equal_for_equal_fields_only(one: dict[str, str], other: dict[str, str]) -> None:
    assert (content_hash(one, KEY) == content_hash(other, KEY)) == (one == other)
    assert content_hash({**one, "ssn": None}, KEY) == content_hash(one, KEY)


@given(_TEXT, st.data())
def test_a_name_is_found_by_every_beginning_of_three_letters_and_by_itself(name: str, data: st.DataObject) -> None:
    stored = {token for _, token in tokens_for({"last_name": name}, KEY)}
    for part in name_parts(name):
        assert query_token("name", part, KEY) in stored
        end = data.draw(st.integers(min(3, len(part)), len(part)))
        assert query_token("name", part[:end], KEY) in stored


def test_two_letters_find_only_a_name_of_two_letters() -> None:
    stored = tokens_for({"first_name": "Li", "last_name": "Anders"}, KEY)
    assert ("name", query_token("name", "li", KEY)) in stored
    assert ("name", query_token("name", "an", KEY)) not in stored


@pytest.mark.parametrize(("name", "parts"), [
    ("O\u2019Brien-Müller", ["obrien", "muller"]),
    ("  de la  Cruz, José ", ["de", "la", "cruz", "jose"]),
    ("Łukasz Strauß", ["lukasz", "strauss"]),
    ("Søren Þór", ["soren", "thor"]),
    ("ΣΊΣΥΦΟΣ", ["σισυφοσ"]),
    ("12", []),
])  # fmt: skip
def test_names_are_compared_as_people_type_them(name: str, parts: list[str]) -> None:
    assert name_parts(name) == parts


def test_typed_names_in_any_case_and_accent_find_the_patient() -> None:
    stored = tokens_for({"first_name": "Zoë", "last_name": "BRZĘCZYSZCZYKIEWICZ"}, KEY)
    for typed in ("zoe", "Zoë", "brzę", "Brzeczyszczykiewicz"):
        assert ("name", query_token("name", typed, KEY)) in stored
    assert all(("name", token) in stored for token in query_tokens("Zoe Brze", KEY))
    assert len(query_tokens("Zoe Brze", KEY)) == 2


def test_a_typed_name_of_several_parts_or_none_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="one part of a name"):
        query_token("name", "Zoe Brze", KEY)
    with pytest.raises(ValueError, match="at least one letter"):
        query_token("name", "42", KEY)


@given(st.dates())
def test_a_birth_date_is_found_as_iso_date_only(day: date) -> None:
    stored = tokens_for({"date_of_birth": day.isoformat()}, KEY)
    assert stored == {("birth_date", query_token("birth_date", f" {day.isoformat()} ", KEY))}
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        query_token("birth_date", day.strftime("%d.%m.%y"), KEY)


@given(st.from_regex(r"\+?[0-9][0-9 ()/-]{6,20}[0-9]", fullmatch=True), st.data())
def test_a_phone_number_is_found_by_its_last_seven_digits_or_more(phone: str, data: st.DataObject) -> None:
    number = digits(phone)[-20:]
    stored = tokens_for({"phone": phone}, KEY)
    length = data.draw(st.integers(min(7, len(number)), len(number)))
    typed = number[-length:]
    if not typed.startswith("00"):
        assert ("phone", query_token("phone", " ".join(typed), KEY)) in stored


def test_phone_numbers_with_a_country_code_and_in_other_digits_are_the_same() -> None:
    stored = tokens_for({"phone": "+49 (30) 123-4567"}, KEY)
    assert ("phone", query_token("phone", "0049 30 1234567", KEY)) in stored
    assert ("phone", query_token("phone", "١٢٣٤٥٦٧", KEY)) in stored
    assert ("phone", query_token("phone", "234567", KEY)) not in stored
    with pytest.raises(ValueError, match="digits"):
        query_token("phone", "none", KEY)


def test_tokens_depend_on_kind_and_key() -> None:
    assert query_token("name", "anna", KEY) != query_token("name", "anna", "other")
    assert tokens_for({"first_name": "anna"}, KEY).isdisjoint(tokens_for({"first_name": "anna"}, "other"))
    assert tokens_for({"email": "anna@example.org", "address": "Street 1"}, KEY) == set()
