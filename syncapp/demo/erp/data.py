"""The records of the demo ERP, made by rule: the same on every machine and every day."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from syncapp.demo.erp import words
from syncapp.demo.erp.model import CARD_TYPES, ITEMS, PARTNERS, Values

N_PARTNERS = 2000
N_ITEMS = 5000

T = TypeVar("T")

_FIRST_DAY = date(2016, 1, 4)
_FIRST_CHANGE = datetime(2025, 1, 1, 6, 0, tzinfo=UTC)
_WORD = (1 << 64) - 1


class Dice:
    """Numbers that look thrown but follow from a seed (SplitMix64)."""

    def __init__(self, *seed: int) -> None:
        self._state = 0
        for part in seed:
            self._state = self._next() ^ part

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _WORD
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """Throw a number from 0 to `bound` - 1."""
        return self._next() % bound

    def one_in(self, bound: int) -> bool:
        """Come true once in `bound` throws."""
        return self.below(bound) == 0

    def pick(self, choices: tuple[T, ...]) -> T:
        """Take one of the choices."""
        return choices[self.below(len(choices))]

    def digits(self, pattern: str) -> str:
        """Replace every `#` by a digit."""
        thrown = f"{self._next():020}"[::-1]
        return "".join(
            thrown[place] if mark == "#" else mark for place, mark in enumerate(pattern)
        )

    def amount(self, units: int, scale: int) -> Decimal:
        """Throw an amount below `units`, with `scale` digits after the point."""
        return Decimal(self.below(units * 10**scale)).scaleb(-scale)


def stamp(moment: datetime) -> str:
    """Spell a moment so that texts sort as moments do."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def partners() -> list[Values]:
    """Make all business partners, in order of their key."""
    return [_partner(number) for number in range(1, N_PARTNERS + 1)]


def items() -> list[Values]:
    """Make all items, in order of their key."""
    made = [_item(number) for number in range(1, N_ITEMS + 1)]
    return sorted(made, key=lambda values: str(values[ITEMS.key]))


def everything() -> dict[str, list[Values]]:
    """Make the records of every entity set."""
    return {PARTNERS.name: partners(), ITEMS.name: items()}


def land_of(country: str | None) -> words.Land:
    """Find a country's words; those of the first one for a country that has none."""
    return next((land for land in words.LANDS if land.country == country), words.LANDS[0])


def _partner(number: int) -> Values:
    dice = Dice(1, number)
    land = dice.pick(words.LANDS)
    stem = dice.pick(land.stems)
    name = _firm(dice, land, stem)
    if number % 97 == 0:
        name = (name + words.LONG_NAME * 2)[:100]
    host = land.slug.format(stem=_ascii(stem), number=number) + ".test"
    ship_to = _address(dice, land) if dice.one_in(3) else None
    return {
        "CardCode": f"C{number:05}",
        "CardName": name,
        "CardType": CARD_TYPES[(0, 0, 0, 0, 1, 1, 2)[dice.below(7)]],
        "EmailAddress": _sometimes(dice, f"{dice.pick(('info', 'office', 'mail'))}@{host}"),
        "Phone1": _sometimes(dice, dice.digits(land.phone)),
        "Website": _sometimes(dice, f"https://www.{host}/"),
        "VatId": _sometimes(dice, dice.digits(land.vat)),
        "Currency": land.currency,
        "CreditLimit": Decimal(dice.below(200)) * 500 + Decimal("0.00"),
        "Balance": dice.amount(40_000, 2) - 5_000,
        "PayTermsGrpCode": None if dice.one_in(20) else 1 + dice.below(6),
        "Frozen": dice.one_in(25),
        "Notes": dice.pick(words.NOTES) if dice.one_in(3) else None,
        "BillTo": _address(dice, land),
        "ShipTo": ship_to,
        "ContactEmployees": _contacts(dice, land, host),
        "CreateDate": (_FIRST_DAY + timedelta(days=dice.below(3000))).isoformat(),
        "LastModified": _changed(dice),
    }


def _firm(dice: Dice, land: words.Land, stem: str) -> str:
    trade = dice.pick(land.trades)
    other = dice.pick(land.last)
    style = dice.below(3)
    if style == 0:
        stem = land.pair.format(stem, other)
    elif style == 1:
        trade = f"{trade} {dice.pick(land.places).city}"
    return land.firm.format(stem=stem, trade=trade, form=dice.pick(land.forms))


def _address(dice: Dice, land: words.Land) -> Values:
    place = dice.pick(land.places)
    return {
        "Street": f"{dice.pick(land.streets)} {1 + dice.below(180)}",
        "ZipCode": _sometimes(dice, dice.digits(place.zip_code)),
        "City": place.city,
        "State": place.state,
        "Country": land.country,
    }


def _contacts(dice: Dice, land: words.Land, host: str) -> list[Values]:
    return [
        {
            "Name": f"{dice.pick(land.first)} {dice.pick(land.last)}",
            "Email": _sometimes(dice, f"contact{place + 1}@{host}"),
            "Phone": _sometimes(dice, dice.digits(land.phone)),
            "Position": _sometimes(dice, dice.pick(words.POSITIONS)),
            "Primary": place == 0,
        }
        for place in range((0, 1, 1, 2, 3)[dice.below(5)])
    ]


def _item(number: int) -> Values:
    dice = Dice(2, number)
    prefix, group, noun, german, foreign, units = dice.pick(words.PRODUCTS)
    size = words.SIZE.format(200 + 10 * dice.below(240), 200 + 10 * dice.below(240))
    name = f"{dice.pick(words.MATERIALS)} {noun}, {dice.pick(words.FEATURES)}, {size}"
    name = name[0].upper() + name[1:]
    if number % 211 == 0:
        name = (name + words.LONG_ITEM)[:200]
    return {
        "ItemCode": f"{prefix}-{number:05}",
        "ItemName": name,
        "ItemsGroup": group,
        "ForeignName": _sometimes(dice, f"{dice.pick((german, foreign))} {size}"),
        "Manufacturer": dice.pick(words.MAKERS),
        "Price": dice.amount(10, 4) if dice.one_in(6) else dice.amount(2_500, 2),
        "Currency": dice.pick(("EUR", "EUR", "EUR", "USD", "CHF")),
        "InventoryUoM": dice.pick(units),
        "QuantityOnStock": dice.amount(500, 3)
        if dice.one_in(5)
        else Decimal(dice.below(900)) - 5,
        "SalesItem": not dice.one_in(8),
        "Frozen": dice.one_in(30),
        "BarCode": None if dice.one_in(9) else _ean13(f"20{number:010}"),
        "LastModified": _changed(dice),
    }


def _changed(dice: Dice) -> str:
    return stamp(_FIRST_CHANGE + timedelta(seconds=dice.below(45_000_000)))


def _sometimes(dice: Dice, value: str) -> str | None:
    """Give mostly the value, now and then an empty text or nothing at all."""
    throw = dice.below(16)
    return None if throw == 0 else "" if throw == 1 else value


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l").lower())
    marks = ("-" if mark.isspace() else mark for mark in plain)
    return "".join(mark for mark in marks if mark == "-" or (mark.isascii() and mark.isalnum()))


def _ean13(digits: str) -> str:
    """Add the check digit; numbers that begin with 20 are free for use inside a house."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)
