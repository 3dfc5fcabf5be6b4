"""`$filter`: what it finds, what it refuses, and that no text at all can break it."""

from __future__ import annotations

import pytest

from syncapp.demo.erp import filters
from syncapp.demo.erp.errors import ODataError
from syncapp.demo.erp.model import PARTNERS
from tests.every import every
from tests.unit.demo.conftest import found


@every(
    ("text", "keys"),
    [
        ("CardCode eq 'A'", "A"),
        ("CardCode ne 'A'", "BCDE"),
        ("'A' lt CardCode", "BCDE"),
        ("CardCode eq 'E''/1'", "E"),
        ("CreditLimit gt 100", "D"),
        ("CreditLimit ge 100.0", "ACDE"),
        ("CreditLimit lt 100.00", "B"),
        ("CreditLimit le 99.99", "B"),
        ("Balance eq -0.5", "ABCDE"),
        ("PayTermsGrpCode eq 2.0", "ABCE"),
        ("PayTermsGrpCode eq null", "D"),
        ("PayTermsGrpCode ne null", "ABCE"),
        ("PayTermsGrpCode lt 9", "ABCE"),
        ("not (PayTermsGrpCode lt 9)", "D"),
        ("PayTermsGrpCode in (1, 2, 3)", "ABCE"),
        ("Phone1 eq ''", "BDE"),
        ("Phone1 eq null", "C"),
        ("Frozen", "C"),
        ("not Frozen", "ABDE"),
        ("not not Frozen", "C"),
        ("Frozen eq true", "C"),
        ("Frozen ne true and CardCode gt 'B'", "DE"),
        ("CardType eq 'Lead'", "E"),
        ("CardType eq DemoErp.CardType'Lead'", "E"),
        ("CardType in ('Lead','Supplier')", "BE"),
        ("CardCode in ('A','D','nobody')", "AD"),
        ("LastModified gt 2026-01-01T00:00:00Z", "C"),
        ("LastModified ge 2026-03-01T01:00:00.000001+01:00", "C"),
        ("LastModified gt 2026-03-01T00:00:00.000001Z", ""),
        ("LastModified eq 2026-01-01T00:00:00.000Z", "ABDE"),
        ("CreateDate le 2020-02-29", "ABCD"),
        ("CreateDate eq null", "E"),
        ("BillTo/City eq 'Köln'", "ABCE"),
        ("BillTo/City eq null", "D"),
        ("startswith(CardName,'Łódź')", "B"),
        ("endswith(CardName, 'Sons')", "A"),
        ("contains(CardName,'''')", "AE"),
        ("contains(tolower(CardName),'łódź')", "B"),
        ("toupper(CardCode) eq CardCode", "ABCDE"),
        ("contains(Phone1,'960')", "A"),
        ("not contains(Phone1,'960')", "BDE"),
        ("not (contains(Phone1,'960') or CardCode eq 'B')", "DE"),
        ("contains(Phone1,'960') or Phone1 eq null", "AC"),
        ("CardCode eq 'A' or CardCode eq 'B' and Frozen", "A"),
        ("(CardCode eq 'A' or CardCode eq 'C') and Frozen", "C"),
        ("((CardCode)) eq ('A')", "A"),
        (" CardCode\teq\n'A' ", "A"),
        ("true", "ABCDE"),
        ("null", ""),
        ("null eq null", "ABCDE"),
    ],
)
def test_a_filter_finds(text: str, keys: str) -> None:
    assert found(text) == keys


@every(
    ("text", "says"),
    [
        ("", "position 1, near 'the end'"),
        ("Colour eq 'red'", "no property Colour"),
        ("BillTo/Planet eq 'Mars'", "no property BillTo/Planet"),
        ("CardName/City eq 'x'", "no property CardName/City"),
        ("ContactEmployees/Name eq 'x'", "collection"),
        ("BillTo eq null", "has parts"),
        ("CardCode = 'A'", "position 9"),
        ("CardCode eq A", "no property A"),
        ("CardCode eq", "near 'the end'"),
        ("CardCode eq 'A", "cannot read on"),
        ("CardCode eq 'A') or true", "expected an operator"),
        ("(CardCode eq 'A'", "expected ')'"),
        ("CardCode eq 'A' eq true", "expected an operator"),
        ("CardCode", "expected a condition"),
        ("'x' and true", "expected a condition"),
        ("not CardCode", "expected a condition"),
        ("CardCode eq 5", "cannot compare Edm.String with Edm.Decimal"),
        ("CreditLimit gt '5'", "cannot compare"),
        ("Frozen gt false", "no order"),
        ("null lt true", "no order"),
        ("CardType eq 'Friend'", "not one of Customer, Supplier, Lead"),
        ("CardType in ('Lead','Friend')", "not one of"),
        ("CardType eq Other.Kind'Lead'", "is no enum"),
        ("LastModified gt '2026-01-01'", "cannot compare"),
        ("LastModified gt 2026-01-01", "cannot compare"),
        ("LastModified gt 2026-02-30T00:00:00Z", "is no stamp"),
        ("LastModified gt 0001-01-01T00:00:00+14:00", "is no stamp"),
        ("CreateDate gt 2026-13-01", "is no date"),
        ("CardCode in ()", "expected a property, a literal"),
        ("CardCode in (CardName)", "only literals"),
        ("CardCode in ('A',1)", "cannot compare"),
        ("length(CardName) gt 5", "no function length"),
        ("contains(CardName)", "contains takes 2 arguments"),
        ("tolower(CardName,'x') eq 'x'", "tolower takes 1 argument"),
        ("contains(CreditLimit,'1')", "contains takes text"),
        ("(" * 41 + "true" + ")" * 41, "more than 40 parentheses"),
        ("CardCode eq '" + "x" * 20_000 + "'", "longer than 20000"),
    ],
)
def test_a_wrong_filter_is_refused(text: str, says: str) -> None:
    with pytest.raises(ODataError) as refusal:
        filters.parse(text, PARTNERS)

    assert refusal.value.status == 400
    assert says in refusal.value.message


def test_a_long_chain_of_alternatives_is_no_trouble() -> None:
    assert found(" or ".join(f"CardCode eq '{letter}'" for letter in "XYZA" * 100)) == "A"
