"""The group that the sample data describe: two hospitals, their departments, the payers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hospital:
    """A hospital. ``tax_rate`` is in hundredths of a percent and applies to taxable departments only."""

    hospital_id: str
    name: str
    timezone: str
    utc_offset: str
    fiscal_year_start: int
    tax_rate: int
    weight: int


@dataclass(frozen=True)
class Department:
    """A department of one hospital.

    Attributes:
        typical: typical charge of a visit in cents.
        weight: share of the hospital's visits, relative to its other departments.
        providers: how many people bill for it.
        taxable: whether it sells taxed goods.
        idle: days before the end date between which it was closed (first, last), None if always open.
    """

    department_id: str
    hospital_id: str
    code: str
    name: str
    typical: int
    weight: int
    providers: int
    taxable: bool = False
    idle: tuple[int, int] | None = None


@dataclass(frozen=True)
class Payer:
    """A payer. ``allowed`` is the span of what it allows of a charge, ``pays`` what it pays of that (basis points)."""

    payer_id: str
    name: str
    payer_type: str
    weight: int
    allowed: tuple[int, int] = (10_000, 10_000)
    pays: tuple[int, int] = (0, 0)
    days: tuple[int, int] = (14, 45)


HOSPITALS = (
    Hospital("H1", "Northgate Medical Center", "America/New_York", "-05:00", 1, 825, 65),
    Hospital("H2", "Mesa Verde Hospital", "America/Denver", "-07:00", 7, 500, 35),
)

# Idle spans: a rebuilt theatre, a department that opened late, a ward closed for a season.
DEPARTMENTS = (
    Department("D101", "H1", "CARD", "Cardiology", 42_000, 16, 6),
    Department("D102", "H1", "ORTH", "Orthopaedics", 61_000, 14, 5),
    Department("D103", "H1", "RAD", "Radiology", 38_500, 15, 4),
    Department("D104", "H1", "LAB", "Laboratory", 9_500, 20, 3),
    Department("D105", "H1", "FAM", "Family Medicine", 16_500, 24, 7),
    Department("D106", "H1", "OPT", "Optical Shop", 21_000, 5, 2, taxable=True),
    Department("D107", "H1", "SURG", "Day Surgery", 214_000, 6, 5, idle=(520, 460)),
    Department("D201", "H2", "FAM", "Family Medicine", 15_500, 30, 5),
    Department("D202", "H2", "PED", "Paediatrics", 14_000, 22, 4),
    Department("D203", "H2", "PHYS", "Physiotherapy", 11_500, 18, 4, idle=(1_200, 640)),
    Department("D204", "H2", "DERM", "Dermatology", 19_500, 14, 3, taxable=True),
    Department("D205", "H2", "EMER", "Emergency", 88_000, 16, 5, idle=(45, 20)),
)

PAYERS = (
    Payer("P01", "Evergreen Mutual", "insurance", 22, (6_200, 8_400), (7_500, 9_000), (12, 38)),
    Payer("P02", "Harbor Health Plan", "insurance", 16, (5_800, 8_000), (7_000, 9_000), (15, 50)),
    Payer("P03", "Continental Care", "insurance", 12, (6_000, 7_800), (6_500, 8_500), (20, 75)),
    Payer("P04", "Federal Senior Program", "government", 18, (4_200, 5_600), (8_000, 8_000), (14, 30)),
    Payer("P05", "State Assistance", "government", 8, (3_600, 4_800), (9_500, 10_000), (25, 90)),
    Payer("P06", "Self-Pay", "self_pay", 24),
)

SPECIALTIES = {
    "CARD": "Cardiology",
    "ORTH": "Orthopaedic Surgery",
    "RAD": "Diagnostic Radiology",
    "LAB": "Clinical Pathology",
    "FAM": "Family Medicine",
    "OPT": "Optometry",
    "SURG": "General Surgery",
    "PED": "Paediatrics",
    "PHYS": "Physical Therapy",
    "DERM": "Dermatology",
    "EMER": "Emergency Medicine",
}

FIRST_NAMES = (
    "Ada", "Amir", "Beatriz", "Björn", "Carla", "Chen", "Daniel", "Dolores", "Elena", "Emeka", "Farah", "Felix", "Grace",
    "Hana", "Henry", "Imani", "Ivan", "Jamal", "Jun", "Kavya", "Kofi", "Leila", "Luca", "Maria", "Mateo", "Mei", "Nadia",
    "Noah", "Olga", "Omar", "Priya", "Quinn", "Rosa", "Samuel", "Sofia", "Tariq", "Uma", "Victor", "Wanda", "Yusuf", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Alvarez", "Bauer", "Brown", "Castillo", "Chaudhry", "Cohen", "Davis", "Diaz", "Eriksen", "Farouk", "Fischer",
    "Garcia", "Gupta", "Haddad", "Hill", "Ito", "Jackson", "Johnson", "Kaplan", "Kim", "Kowalski", "Lee", "Lopez", "Martin",
    "Müller", "Nakamura", "Nguyen", "O'Brien", "Okafor", "Patel", "Petrov", "Quispe", "Reyes", "Rossi", "Sato", "Schmidt",
    "Silva", "Smith", "Tanaka", "Thompson", "Usman", "Vargas", "Walker", "Williams", "Wong", "Young", "Zhang",
)  # fmt: skip
STREETS = (
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Hazel",
    "Juniper",
    "Linden",
    "Maple",
    "Oak",
    "Pine",
    "Willow",
)
