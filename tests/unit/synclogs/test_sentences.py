"""Codes are explained with the same words in the pages and in the glossary."""

from pathlib import Path

from connections.kit.codes import Code
from synclogs.sentences import SENTENCES, sentence
from tests.every import every

GLOSSARY = (Path(__file__).parents[3] / "docs" / "glossary.md").read_text()


@every("code", Code)
def test_the_glossary_explains_the_code_in_the_same_words(code: Code) -> None:
    assert f"| `{code}` | {SENTENCES[code]} |" in GLOSSARY


def test_an_unknown_code_is_readable() -> None:
    assert sentence("of_an_older_release") == "of an older release"
