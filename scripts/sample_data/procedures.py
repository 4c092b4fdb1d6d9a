"""Procedures and pay of the sample group. The codes are made up: CPT is licensed, and none of it is in here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Procedure:
    """A procedure: ``base_units`` is None for one that nobody has given units yet, ``minutes`` the span it takes."""

    code: str
    base_units: int | None
    minutes: tuple[int, int]


PROCEDURES: dict[str, tuple[Procedure, ...]] = {
    "CARD": (Procedure("D0110", 5, (20, 45)), Procedure("D0120", 8, (40, 90)), Procedure("D0130", 3, (10, 20))),
    "ORTH": (Procedure("D0210", 4, (20, 50)), Procedure("D0220", 7, (50, 120)), Procedure("D0230", 3, (10, 25))),
    "RAD": (Procedure("D0310", 3, (10, 20)), Procedure("D0320", 5, (20, 45))),
    "LAB": (Procedure("D0410", 1, (5, 10)), Procedure("D0420", 2, (5, 15))),
    "FAM": (Procedure("D0510", 2, (10, 20)), Procedure("D0520", 3, (15, 40)), Procedure("D0530", 1, (5, 15))),
    "OPT": (Procedure("D0610", 1, (10, 25)), Procedure("D0620", 2, (15, 30))),
    "SURG": (Procedure("D0710", 8, (60, 150)), Procedure("D0720", 13, (120, 300)), Procedure("D0730", 5, (30, 80))),
    "PED": (Procedure("D0810", 2, (10, 25)), Procedure("D0820", 4, (20, 45))),
    "PHYS": (Procedure("D0910", 2, (25, 45)), Procedure("D0920", 3, (40, 60))),
    "DERM": (Procedure("D1010", 3, (10, 30)), Procedure("D1020", 5, (25, 60)), Procedure("D1090", None, (10, 20))),
    "EMER": (Procedure("D1110", 5, (20, 60)), Procedure("D1120", 9, (40, 150))),
}

REVALUED, FORMER_UNITS, REVALUED_DAYS_AGO = "D0220", 6, 400
"""A procedure that was worth fewer units until so many days before the end."""

TERMS = {"P3": 1, "P4": 2, "P5": 3}
HALVED = "QK"
PLAN_MODIFIERS = "P3=1,P4=2,P5=3,QK=x0.5"
MODIFIERS = ((860, ""), (70, "P3"), (30, "P4"), (25, "QK"), (10, "P3,QK"), (5, "XU"))
"""Modifiers of a case with their weights; no plan knows XU."""
