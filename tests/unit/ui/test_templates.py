"""What all templates and static files keep to."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

from django.template.loader import get_template

from tests.every import every

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
HTML = [file for file in TEMPLATES if file.suffix == ".html"]
VENDORED = (ROOT / "syncapp/ui/static/vendor", ROOT / "tests/browser/vendor")
CSS = (ROOT / "syncapp/ui/static/ui/syncapp.css").read_text()


def name(file: Path) -> str:
    return str(file.relative_to(ROOT / "templates"))


class Inline(HTMLParser):
    """Collects what a strict content security policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if (
            tag == "style"
            or "style" in names
            or any(key.startswith(("on", "hx-on")) for key in names)
        ):
            self.found.append(self.get_starttag_text() or tag)
        self.script = tag == "script"

    def handle_data(self, data: str) -> None:
        if self.script and data.strip():
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.script = False


@every("file", TEMPLATES)
def test_every_template_compiles(file: Path) -> None:
    get_template(name(file))


@every("file", HTML)
def test_no_template_has_inline_script_or_style(file: Path) -> None:
    parser = Inline()
    parser.feed(re.sub(r"\{[%#{].*?[%#}]\}", "", file.read_text(), flags=re.DOTALL))

    assert parser.found == []


def test_the_inline_detector_detects() -> None:
    parser = Inline()
    parser.feed(
        "<p style='x'><a onclick='y'></a></p><style>z</style><script>w</script><script src='ok'></script>"
    )

    assert len(parser.found) == 4


@every("file", HTML)
def test_no_template_says_please_or_successfully(file: Path) -> None:
    words = re.sub(r"<!doctype|\{[%#{].*?[%#}]\}", "", file.read_text(), flags=re.DOTALL)

    assert not re.search(r"\b(successfully|please)\b|!", words, re.IGNORECASE)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def token(tone: str) -> tuple[str, str]:
    found = re.search(rf"--{tone}: light-dark\((#\w{{6}}), (#\w{{6}})\)", CSS)
    assert found, tone
    return found[1], found[2]


@every("tone", ["well", "care", "failed", "busy", "off"])
@every("theme", [0, 1])
def test_states_can_be_read_in_both_themes(tone: str, theme: int) -> None:
    text = token(tone)[theme]

    for ground in (f"{tone}-bg", "tblr-bg-surface", "tblr-body-bg"):
        assert contrast(text, token(ground)[theme]) >= 4.5, ground


@every("folder", VENDORED)
def test_vendored_files_are_those_that_the_list_names(folder: Path) -> None:
    listed = re.findall(
        r"\| ([^|]+) \| (?:[\d.]+|as named) \| \S+ \| (\S+) \| `(\w{64})` \|",
        (folder / "VENDOR.md").read_text(),
    )
    named = {(file, checksum) for _, file, checksum in listed}

    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "VENDOR.md"]
    licences = {file for file in files if file.name == "LICENSE"}
    found = {(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files}

    assert found - named <= {
        (file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in licences
    }
    assert named <= found
    assert {file.parent for file in files} == {file.parent for file in licences}, (
        "each folder has its licence"
    )


def test_no_vendored_file_names_a_missing_source_map() -> None:
    for folder in VENDORED:
        for file in folder.rglob("*.*"):
            assert b"sourceMappingURL" not in file.read_bytes(), file
