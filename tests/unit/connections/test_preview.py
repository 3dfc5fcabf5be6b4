"""The preview of a draft: one cell for each mapping and sample, whatever is wrong with the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connections.answering import Asked
from connections.document import FieldMapping, read_mappings
from connections.lookups import Answers
from connections.preview import LEFT_ALONE, Cell, preview
from connections.samples import Sampled
from formulas.language import Missing, Wanted
from objects.shape import FieldShape, ObjectShape

FIELDS = (
    FieldShape(1, "code", "Code", required=True, is_key=True),
    FieldShape(2, "name", "Name", max_length=8),
    FieldShape(3, "amount", "Amount", "decimal"),
    FieldShape(4, "address", "Address", "object"),
    FieldShape(5, "lines", "Lines", "list"),
)
SHAPE = ObjectShape(7, 1, "partner", "Partners", FIELDS, FIELDS[0])
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Slow(Answers):
    """Knows one value map, and what a key is looked up to only after it was fetched."""

    def __init__(self) -> None:
        super().__init__(1, {"terms": {"10": "net30"}}, lambda _name, _n: 1)
        self.rounds = 0
        self.asked: set[Wanted] = set()
        self.told: set[Wanted] = set()

    def answer(self, wanted: Wanted) -> Any:
        if wanted.what == "map":
            return super().answer(wanted)
        if wanted not in self.told:
            self.asked.add(wanted)
            raise Missing(wanted)
        return f"<{wanted.key}>"

    def fetch(self) -> None:
        self.rounds += 1
        self.told |= self.asked


def rows(*plain: dict[str, Any]) -> tuple[FieldMapping, ...]:
    return read_mappings(list(plain))


def shown(mappings: tuple[FieldMapping, ...], *records: dict[str, Any]) -> list[list[Cell]]:
    samples = [Sampled(str(number), record) for number, record in enumerate(records)]
    found = preview(mappings, SHAPE, samples, Asked(Slow(), NOW, {}))
    inner = [line for row in mappings for line in row.rows]
    return [list(found.cells[row.uuid]) for row in (*mappings, *inner)]


def test_each_mapping_shows_what_it_reads_and_gives() -> None:
    found = shown(
        rows(
            {"target": "code", "source": "CardCode"},
            {"target": "amount", "source": "Sum"},
            {"target": "name", "kind": "raw", "value": "Ada"},
            {"target": "address.City", "kind": "formula", "formula": "upper(data('Town'))"},
            {"target": "address.Terms", "kind": "map", "source": "T", "map": "terms"},
        ),
        {"CardCode": "C1", "Sum": "1.50", "Town": "Linz", "T": 10},
    )

    assert [cells[0] for cells in found] == [
        Cell("C1", "C1", "", "text"),
        Cell("1.50", "1.50", "", "number"),
        Cell("", "Ada", "", "text"),
        Cell("", "LINZ", "", "text"),
        Cell("10", "net30", "", "text"),
    ]


def test_problems_stay_with_their_cell() -> None:
    found = shown(
        rows(
            {"target": "code", "source": "CardCode"},
            {"target": "name", "source": "Name"},
            {"target": "nope", "source": "Name"},
            {"target": "amount", "kind": "formula", "formula": "1 +"},
            {"target": "name", "source": ""},
            {"target": "name.x", "source": "a..b"},
        ),
        {"CardCode": "C1", "Name": "Ada"},
        {"Name": "much too long"},
    )

    assert [cell.problem for cell in found[0]] == [
        "",
        "Code identifies the record, and the source has none.",
    ]
    assert found[1][0].result == "Ada"
    assert (found[1][1].kind, found[1][1].source) == ("too_long", "much too long")
    assert {cell.problem for cell in found[2]} == {"“Partners” has no field “nope”."}
    assert all(cell.problem for cells in found[3:] for cell in cells)


def test_options_show_what_they_do() -> None:
    found = shown(
        rows(
            {"target": "name", "source": "Name", "if_empty": "default", "default": "none"},
            {"target": "amount", "source": "Sum", "if_empty": "skip", "when": "create"},
            {"target": "address.x", "source": "Sum", "if_empty": "clear", "keep_filled": True},
        ),
        {"Name": "", "Sum": ""},
        {},
    )

    assert [cell.result for cell in found[0]] == ["none", ""]
    assert [cell.kind for cell in found[1]] == [LEFT_ALONE, LEFT_ALONE]
    assert [cell.kind for cell in found[2]] == ["null", LEFT_ALONE]


def test_lines_show_their_number_and_the_first_of_them() -> None:
    found = shown(
        rows(
            {
                "target": "lines",
                "kind": "lines",
                "source": "Items",
                "rows": [
                    {"target": "item", "source": "Code"},
                    {
                        "target": "at.no",
                        "kind": "formula",
                        "formula": "concat(parent('No'), '/', linenumber())",
                    },
                    {"target": "bad", "kind": "formula", "formula": "nope()"},
                ],
            }
        ),
        {"No": 7, "Items": [{"Code": "A"}, {"Code": "B"}]},
        {"No": 8, "Items": [{"Code": "A"}, 5]},
        {"Items": []},
        {},
    )

    assert [cell.result for cell in found[0]] == ["2 lines", "", "0 lines", ""]
    assert found[0][0].source == "2 items"
    assert found[0][1].problem == "lines[1]: the line is no object."
    assert [cell.result for cell in found[1]] == ["A", "A", "", ""]
    assert [cell.result for cell in found[2]] == ["7/1", "8/1", "", ""]
    assert all("nope" in cell.problem for cell in found[3])


def test_a_wrong_array_leaves_its_lines_without_result() -> None:
    lines = [{"target": "x", "source": "Code"}]
    found = shown(
        rows({"target": "gone", "kind": "lines", "source": "a..b", "rows": lines}), {"a": []}
    )

    assert found[0][0].problem == "“Partners” has no field “gone”."
    assert found[1][0] == Cell()


def test_lookups_of_all_rows_and_samples_are_fetched_together() -> None:
    answers = Slow()
    mappings = rows(
        *(
            {
                "target": target,
                "kind": "formula",
                "formula": "textvlookup(data('k'), 'partner', 'code', 'name')",
            }
            for target in ("code", "name")
        )
    )
    samples = [Sampled(str(number), {"k": number}) for number in range(5)]

    found = preview(mappings, SHAPE, samples, Asked(answers, NOW, {}))

    assert answers.rounds == 1
    assert [cell.result for cell in found.cells[mappings[1].uuid]] == [
        f"<{number}>" for number in range(5)
    ]
    assert found.problems(0) == {}


def test_what_takes_too_long_stays_empty() -> None:
    mappings = rows({"target": "name", "source": "a"})

    found = preview(
        mappings, SHAPE, [Sampled("1", {"a": "x"})], Asked(Slow(), NOW, {}), seconds=-1
    )

    assert found.cells[mappings[0].uuid] == [Cell()]
