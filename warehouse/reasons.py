"""Why rows are rejected, in words: what the codes of ``quarantine`` mean, and what to do about them."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "unreadable_row": "the line cannot be split into the columns of the header: correct the separator or the quotes",
    "missing_required": "nothing stands where every row needs something",
    "invalid_number": "is no number as the source writes them: `decimal` and `thousands` in the mapping say how",
    "too_precise": "has more decimals than the column keeps",
    "out_of_range": "is too large, or of a day that cannot be",
    "invalid_date": "is no date as the source writes them: `date_formats` in the mapping says how",
    "invalid_timestamp": "is no time as the source writes them: `date_formats` in the mapping says how",
    "future_date": "is after the business date; such rows are judged again each day",
    "not_allowed": "is none of the accepted values: `values` in the mapping translates others",
    "invalid_boolean": "is neither yes nor no",
    "invalid_currency": "is no currency code of three letters",
    "invalid_timezone": "is no time zone such as Europe/Vienna",
    "invalid_modifiers": "is no list of modifiers that can be read",
    "invalid_text": "has characters that no name or id has: control characters, or bytes that are no text",
    "too_long": "is longer than any id or text should be",
    "looks_like_identity": "is written like a social security number or a mail address, which no id may be: fill it from another"
    " column, or put a `prefix` before it in the mapping if such numbers are the source's own",
    "not_a_code": "is no code, and identifies the row: `values` in the mapping says what it stands for",
    "negative_amount": "is below zero: what was given back belongs into refunds or adjustments",
    "zero_amount": "is zero",
    "unknown_reference": "names a row that is not there",
    "unknown_hospital": "says nothing about the hospital, and the source has several",
    "ambiguous_hospital": "could be of several hospitals",
    "conflicting_duplicate": "stands several times with different values, and no `updated_at` says which is newer",
    "refunded_without_date": "was refunded, but neither a date nor a refund says when",
}
