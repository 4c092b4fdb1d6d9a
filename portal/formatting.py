"""Money, dates and numbers as people and programs read them: rounded half up to the currency's digits, never float."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, get_currency_precision
from flask import Flask
from flask.json.provider import DefaultJSONProvider

from portal.analytics.money import Money, exact, unrounded

_LOCALE = "en_US"


def amount(value: Decimal | int, currency: str) -> str:
    """Return money as the API sends it: a decimal string with the currency's digits (``"1234.50"``)."""
    return str(rounded(value, currency))


def rounded(value: Decimal | int, currency: str) -> Decimal:
    """Return money rounded half up to the currency's digits (JPY 0, USD 2, KWD 3)."""
    return Decimal(value).quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_UP)


def money(value: Decimal | int | None, currency: str) -> str:
    """Return money as a page shows it: ``$1,234.50``; a dash for None."""
    if value is None:
        return "–"
    return format_currency(rounded(value, currency), currency, locale=_LOCALE).replace("-", "−")


def said(value: str | Money) -> str:
    """Return a total as a page shows it: money with its sign, anything else as it is."""
    return money(value.amount, value.currency) if isinstance(value, Money) else value


def exact_money(value: Decimal, currency: str) -> str:
    """Return money as a row shows it that adds up to a figure: a part of a cent stays."""
    shown = unrounded(value, currency)
    if shown == rounded(value, currency):
        return money(value, currency)
    text = format_currency(shown, currency, locale=_LOCALE, currency_digits=False, format="\u00a4#,##0.000")
    return text.replace("-", "\u2212")


def plain_amount(value: Decimal | None) -> str:
    """Return money whose currency is not known, with the two or three decimals that it has: ``1,234.50``."""
    if value is None:
        return "–"
    shown = f"{value:,.3f}".replace("-", "−")
    return shown.removesuffix("0")


def percent(value: Decimal | int | None) -> str:
    """Return a share of 0–100 with two decimals: ``12.50 %``; a dash for None."""
    return "–" if value is None else f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP)} %"


def number(value: int | None) -> str:
    """Return a count with thousands separated; a dash for None."""
    return "–" if value is None else f"{value:,}"


def quantity(value: Decimal | None) -> str:
    """Return a quantity with the decimals that it has; a dash for None."""
    return "–" if value is None else exact(value)


def day(value: date | None) -> str:
    """Return a date as ``5 Jan 2026``; a dash for None."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None, timezone: str = "UTC") -> str:
    """Return an instant as ``5 Jan 2026 14:05 UTC``, in a time zone's own hours; a dash for None."""
    if value is None:
        return "–"
    local = value.astimezone(ZoneInfo(timezone))
    return f"{day(local)} {local:%H:%M %Z}"


def instant(value: datetime) -> str:
    """Return an instant as the API and files say it: ISO 8601, in UTC, to the second."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def first_of(rows: Iterable[Any], most: int) -> list[Any]:
    """Return the first ``most`` of rows that may be a stream."""
    return list(islice(rows, most))


class JSONProvider(DefaultJSONProvider):
    """ISO dates and decimal strings; a float has no place in a figure and is refused."""

    sort_keys = False

    @staticmethod
    def default(value: Any) -> Any:  # noqa: D102
        if isinstance(value, datetime):
            return instant(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
            return list(value)
        return DefaultJSONProvider.default(value)


def init_app(app: Flask) -> None:
    """Give ``app`` its JSON form, and the template filters of this module."""
    app.json = JSONProvider(app)
    for function in (amount, money, said, exact_money, plain_amount, percent, number, quantity, day, moment, first_of):
        app.add_template_filter(function)
