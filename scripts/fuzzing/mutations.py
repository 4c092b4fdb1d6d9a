"""Ways to break a table before it is written as a file. Each takes a sheet and changes it; chance comes from ``rng``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from scripts.fuzzing import oddities
from scripts.fuzzing.clinic import Sheet
from warehouse.canonical import BY_NAME

Mutation = Callable[[Sheet, Random], None]


def _cells(sheet: Sheet, rng: Random, kinds: Sequence[str] = ()) -> list[tuple[list[str], int]]:
    """Return one to six places, in columns of the given types if there are any."""
    table = BY_NAME[sheet.table]
    types = {column.name: column.type for column in table.columns}
    wanted = [i for i, name in enumerate(sheet.header) if not kinds or types.get(name) in kinds]
    wanted = wanted or list(range(len(sheet.header)))
    places = [(rng.choice(sheet.rows), rng.choice(wanted)) for _ in range(rng.randint(1, 6)) if sheet.rows and wanted]
    return [(row, column) for row, column in places if column < len(row)]


def _odd(values: Sequence[str], kinds: Sequence[str] = ()) -> Mutation:
    def mutate(sheet: Sheet, rng: Random) -> None:
        for row, column in _cells(sheet, rng, kinds):
            row[column] = rng.choice(values)

    return mutate


def swap_columns(sheet: Sheet, rng: Random) -> None:
    """Swap two names in the header, or the cells below them."""
    if len(sheet.header) < 2:
        return
    one, other = rng.sample(range(len(sheet.header)), 2)
    for cells in sheet.rows if rng.random() < 0.5 else [sheet.header]:
        if max(one, other) < len(cells):
            cells[one], cells[other] = cells[other], cells[one]


def double_header(sheet: Sheet, rng: Random) -> None:
    """Let one name stand twice, or the header again among the rows."""
    if not sheet.header:
        return
    if rng.random() < 0.5:
        sheet.header[rng.randrange(len(sheet.header))] = rng.choice(sheet.header)
    else:
        sheet.rows.insert(rng.randint(0, len(sheet.rows)), list(sheet.header))


def rename_header(sheet: Sheet, rng: Random) -> None:
    """Spell a name in another way."""
    if sheet.header:
        place = rng.randrange(len(sheet.header))
        name = sheet.header[place]
        others = [
            name.upper(),
            name.replace("_", " "),
            f" {name} ",
            f"\ufeff{name}",
            name + "x",
            "",
            "\n",
            *oddities.TEXTS[:20],
        ]
        sheet.header[place] = rng.choice(others)


def drop_column(sheet: Sheet, rng: Random) -> None:
    """Leave a column out, in the header, the rows, or both."""
    if not sheet.header:
        return
    place, where = rng.randrange(len(sheet.header)), rng.randrange(3)
    for cells in ([sheet.header] if where != 1 else []) + (sheet.rows if where else []):
        del cells[place : place + 1]


def add_column(sheet: Sheet, rng: Random) -> None:
    """Bring a column that nobody knows."""
    sheet.header.append(rng.choice(["note", "Unnamed: 0", "first_name", ""]))
    for row in sheet.rows:
        row.append(rng.choice(oddities.TEXTS))


def ragged_rows(sheet: Sheet, rng: Random) -> None:
    """Give rows a cell too many or too few."""
    for row, column in _cells(sheet, rng):
        if rng.random() < 0.5:
            row.insert(column, rng.choice(oddities.TEXTS))
        else:
            del row[column : column + 1]


def repeat_rows(sheet: Sheet, rng: Random) -> None:
    """Deliver rows twice, some with another amount or status."""
    for row, column in _cells(sheet, rng):
        copy = list(row)
        if rng.random() < 0.5:
            copy[column] = rng.choice(oddities.NUMBERS + oddities.DATES)
        sheet.rows.insert(rng.randint(0, len(sheet.rows)), copy)


def lose_rows(sheet: Sheet, rng: Random) -> None:
    """Leave out some rows, or all."""
    if rng.random() < 0.2:
        sheet.rows.clear()
    for _ in range(rng.randint(0, 8)):
        if sheet.rows:
            sheet.rows.pop(rng.randrange(len(sheet.rows)))


def mixed_newlines(sheet: Sheet, rng: Random) -> None:
    """End lines in another way, or put line ends into cells."""
    sheet.newline = rng.choice(oddities.LINE_ENDS)
    if rng.random() < 0.5:
        _odd([f"a{end}b" for end in oddities.LINE_ENDS])(sheet, rng)


def other_separator(sheet: Sheet, rng: Random) -> None:
    """Separate cells by something else."""
    sheet.separator = rng.choice([";", "\t", "|", " ", ":"])


def other_encoding(sheet: Sheet, rng: Random) -> None:
    """Write the text in another encoding, with or without a byte order mark that may be a lie."""
    sheet.encoding = rng.choice(
        [
            "cp1252",
            "latin-1",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "utf-32",
            "shift_jis",
            "cp1250",
            "koi8-r",
            "utf-7",
            "utf-8-sig",
        ]
    )
    sheet.mark = rng.choice(
        [b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"\x1f\x8b", b"PAR1"]
    )


MUTATIONS: dict[str, Mutation] = {
    "odd numbers": _odd(oddities.NUMBERS, ("money", "number", "integer")),
    "odd dates": _odd(oddities.DATES, ("date", "timestamp")),
    "odd texts": _odd(oddities.TEXTS),
    "odd ids": _odd(oddities.TEXTS, ("text",)),
    "formulas": _odd(oddities.FORMULAS),
    "NULs": _odd(["\0", "a\0", "\0" * 50]),
    "huge fields": _odd(oddities.HUGE),
    "anything anywhere": _odd(oddities.NUMBERS + oddities.DATES + oddities.TEXTS + oddities.FORMULAS),
    "swapped columns": swap_columns,
    "double header": double_header,
    "renamed header": rename_header,
    "dropped column": drop_column,
    "added column": add_column,
    "ragged rows": ragged_rows,
    "repeated rows": repeat_rows,
    "lost rows": lose_rows,
    "mixed newlines": mixed_newlines,
    "other separator": other_separator,
    "other encoding": other_encoding,
}
