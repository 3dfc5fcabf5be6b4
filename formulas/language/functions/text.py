"""Work with texts. Null is an empty text; numbers and dates are taken in their text form."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any, Final
from urllib.parse import quote, unquote_plus

from formulas.language import patterns, values
from formulas.language.context import Context
from formulas.language.errors import FormulaValueError
from formulas.language.signatures import Any_, Array, Integer, Text, example, function

_HIDDEN: Final = r"(?is)<script\b[^>]*>.*?</script\s*>|<style\b[^>]*>.*?</style\s*>"
_BREAK: Final = r"(?i)<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>"
_TAG: Final = r"</?[A-Za-z][^<>]*>|<!--[^<>]*-->"
_TRANSLITERATED: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "o",
     "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
)  # fmt: skip


@function(
    example("concat(data('firstName'), ' ', data('lastName'))", "Ada Byron"),
    example("concat('a', null, 1)", "a1"),
)
def concat(ctx: Context, *texts: Text) -> Text:
    """Join texts."""
    ctx.room_for(sum(map(len, texts)))
    return "".join(texts)


@function(example("upper('straße')", "STRASSE"), example("upper(null)", ""))
def upper(text: Text) -> Text:
    """Write a text in capital letters."""
    return text.upper()


@function(example("lower('ABC')", "abc"))
def lower(text: Text) -> Text:
    """Write a text in small letters."""
    return text.lower()


@function(example("capitalize('ada BYRON')", "Ada byron"), aliases=("ucfirst",))
def capitalize(text: Text) -> Text:
    """Begin a text with a capital letter, and write the rest small."""
    return text.capitalize()


@function(example("titlecase('ada lovelace-byron')", "Ada Lovelace-Byron"), aliases=("proper",))
def titlecase(text: Text) -> Text:
    """Begin each word with a capital letter, and write the rest small."""
    return text.title()


@function(example("trim('  a b ')", "a b"))
def trim(text: Text) -> Text:
    """Cut off white space on both sides."""
    return text.strip()


@function(example("ltrim('  a ')", "a "))
def ltrim(text: Text) -> Text:
    """Cut off white space on the left."""
    return text.lstrip()


@function(example("rtrim(' a  ')", " a"))
def rtrim(text: Text) -> Text:
    """Cut off white space on the right."""
    return text.rstrip()


@function(example("squeeze(' a   b ')", "a b"))
def squeeze(text: Text) -> Text:
    """Cut off white space on both sides, and leave one space wherever there is more inside."""
    return " ".join(text.split())


@function(example("left('ABCDE', 2)", "AB"), example("left('AB', 5)", "AB"))
def left(text: Text, length: Integer) -> Text:
    """Give the beginning of a text."""
    return text[: max(length, 0)]


@function(example("right('ABCDE', 2)", "DE"), example("right('AB', 0)", ""))
def right(text: Text, length: Integer) -> Text:
    """Give the end of a text."""
    return text[-length:] if length > 0 else ""


@function(
    example("substr('ABCDE', 1, 3)", "BCD"),
    example("substr('ABCDE', 3)", "DE"),
    example("substr('ABCDE', -2)", "DE"),
    aliases=("substring", "mid"),
)
def substr(text: Text, start: Integer, length: Integer = 1_000_000) -> Text:
    """Give a part of a text, from a place counted from 0; a negative one counts from the end."""
    begin = max(start + len(text), 0) if start < 0 else start
    return text[begin : begin + max(length, 0)]


@function(example("length('Köln')", 4), example("length(null)", 0), aliases=("len", "strlen"))
def length(text: Text) -> Any_:
    """Count the characters of a text."""
    return values.decimal(len(text))


@function(
    example("indexof('ABCB', 'B')", 1), example("indexof('ABC', 'x')", -1), aliases=("find",)
)
def indexof(text: Text, part: Text) -> Any_:
    """Give the place where a part begins, counted from 0; -1 if it is not there."""
    return values.decimal(text.find(part))


@function(
    example("replace('1.234,5', '.', '')", "1234,5"),
    example("replace('aaa', 'a', 'b')", "bbb"),
    example("replace('abc', '', 'x')", "abc"),
)
def replace(ctx: Context, text: Text, find: Text, with_: Text) -> Text:
    """Put a text in place of each occurrence of another."""
    if not find:
        return text
    ctx.room_for(len(text) + text.count(find) * max(len(with_) - len(find), 0))
    return text.replace(find, with_)


@function(
    example("regexreplace('A-12/b', '[^0-9]', '')", "12"),
    example(r"regexreplace('Byron, Ada', '(\w+), (\w+)', '$2 $1')", "Ada Byron"),
)
def regexreplace(ctx: Context, text: Text, pattern: Text, with_: Text) -> Text:
    """Put a text in place of each match of a regular expression; `$1` is its first group.

    Patterns are those of RE2: linear in time, so without look-around and back references.
    """
    return patterns.replace(ctx, pattern, text, with_)


@function(
    example(r"regexmatch('C20000', '^C\\d+$')", True), example("regexmatch(null, 'a')", False)
)
def regexmatch(ctx: Context, text: Text, pattern: Text) -> bool:
    """Tell whether a regular expression matches somewhere in a text."""
    return patterns.search(ctx, pattern, text) is not None


@function(
    example(r"regexextract('Order 4711 of May', '\d+')", "4711"),
    example("regexextract('a=b', '(\\w)=(\\w)', 2)", "b"),
    example("regexextract('abc', 'x')", None),
)
def regexextract(ctx: Context, text: Text, pattern: Text, group: Integer = 0) -> Any_:
    """Give the first match of a regular expression, or one group of it; null without a match."""
    return patterns.extract(ctx, pattern, text, group)


@function(example("contains('Maxi-Teq', 'Teq')", True), example("contains(null, 'a')", False))
def contains(text: Text, part: Text) -> bool:
    """Tell whether a text contains another; capital and small letters differ."""
    return part in text


@function(example("startswith('C20000', 'C')", True), example("startswith(null, 'C')", False))
def startswith(text: Text, part: Text) -> bool:
    """Tell whether a text begins with another."""
    return text.startswith(part)


@function(example("endswith('a.pdf', '.pdf')", True), example("endswith(null, 'f')", False))
def endswith(text: Text, part: Text) -> bool:
    """Tell whether a text ends with another."""
    return text.endswith(part)


@function(
    example("padleft('7', 4, '0')", "0007"),
    example("padleft('12345', 4, '0')", "12345"),
    aliases=("lpad",),
)
def padleft(ctx: Context, text: Text, length: Integer, character: Text = " ") -> Text:
    """Fill a text up on the left."""
    ctx.room_for(length)
    return text.rjust(length, _one(character))


@function(example("padright('7', 3, '.')", "7.."), aliases=("rpad",))
def padright(ctx: Context, text: Text, length: Integer, character: Text = " ") -> Text:
    """Fill a text up on the right."""
    ctx.room_for(length)
    return text.ljust(length, _one(character))


@function(example("repeat('ab', 3)", "ababab"), example("repeat('ab', 0)", ""))
def repeat(ctx: Context, text: Text, times: Integer) -> Text:
    """Write a text several times."""
    ctx.room_for(len(text) * max(times, 0))
    return text * max(times, 0)


@function(
    example("split('a;b;c', ';')", ["a", "b", "c"]),
    example("split('', ';')", []),
)
def split(ctx: Context, text: Text, separator: Text = ",") -> Array:
    """Cut a text into an array at each separator."""
    if not separator:
        raise FormulaValueError("A separator is needed; it may not be empty.")
    ctx.spend(text.count(separator) + 1)
    ctx.room_for(len(text))
    return list(text.split(separator)) if text else []


@function(
    example("join(['a', null, 'b'], ', ')", "a, , b"),
    example("join(pluck(data('Contacts'), 'Email'), ';')", "ap@maxi.test"),
)
def join(ctx: Context, array: Array, separator: Text = ",") -> Text:
    """Join the elements of an array to a text."""
    ctx.spend(len(array))
    texts = [values.text(element) for element in array]
    ctx.room_for(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@function(
    example("striphtml('<p>Fast &amp; <b>good</b></p>')", "Fast & good"),
    example("striphtml('a < b')", "a < b"),
)
def striphtml(ctx: Context, text: Text) -> Text:
    """Take the text out of HTML: without tags, characters spelled out, lines kept."""
    for pattern, instead in ((_HIDDEN, ""), (_BREAK, "\n"), (_TAG, "")):
        text = patterns.replace(ctx, pattern, text, instead)
    return html.unescape(text).strip()


@function(example("escapehtml('<b>')", "&lt;b&gt;"), aliases=("htmlescape",))
def escapehtml(ctx: Context, text: Text) -> Text:
    """Write a text so that it can stand in HTML."""
    ctx.room_for(6 * len(text))
    return html.escape(text)


@function(example("urlencode('a b&c')", "a%20b%26c"))
def urlencode(ctx: Context, text: Text) -> Text:
    """Write a text so that it can stand in an address."""
    ctx.room_for(9 * len(text))
    return quote(values.encodable(text), safe="")


@function(example("urldecode('a%20b')", "a b"))
def urldecode(text: Text) -> Text:
    """Read a text out of an address."""
    return unquote_plus(text, errors="replace")


@function(example("ascii('Zoë Müller')", "Zoe Mueller"), aliases=("transliterate",))
def ascii_(ctx: Context, text: Text) -> Text:
    """Write letters with accents and umlauts in plain letters; what has none is left out."""
    ctx.room_for(4 * len(text))
    plain = unicodedata.normalize("NFKD", text.translate(_TRANSLITERATED))
    return plain.encode("ascii", "ignore").decode()


@function(example("slug('Größe 42 (neu)')", "groesse-42-neu"), example("slug(null)", ""))
def slug(ctx: Context, text: Text) -> Text:
    """Make a name for an address: plain small letters and digits, joined by hyphens."""
    ctx.room_for(4 * len(text))
    plain = unicodedata.normalize("NFKD", text.translate(_TRANSLITERATED))
    return "-".join(re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower()))


@function(example("digits('+49 (221) 55-10')", "492215510"))
def digits(text: Text) -> Text:
    """Give the digits of a text."""
    return "".join(character for character in text if "0" <= character <= "9")


@function(example("reverse('abc')", "cba"))
def reverse(text: Text) -> Text:
    """Write a text from its end."""
    return text[::-1]


@function(example("lines('a\\nb')", ["a", "b"]))
def lines(ctx: Context, text: Text) -> Array:
    """Cut a text into its lines."""
    ctx.room_for(len(text))
    found: list[Any] = text.splitlines()
    ctx.spend(len(found))
    return found


def _one(character: str) -> str:
    if len(character) != 1:
        raise FormulaValueError("One character is needed to fill up with.")
    return character
