"""Newer syntax in the words of an older Python, so that 3.11 reads the programs of 3.14.

Every byte keeps its place, so lines and columns stay true. restoring.py then puts the nodes right that only stood for others:

    def f[T: int](x): ...         def f(         x): ...         PEP 695, 696
    type Pair[T] = tuple[T, T]    type.Pair[0] = tuple[T, T]     an assignment to Pair, afterwards
    f"{x["a"]} {y!r:>{n}}"        {  x["a"],  y,    n, }         PEP 701, 750: an ast.JoinedStr of x["a"], y and n, afterwards
    except A, B:                  except A| B:                   PEP 758: a tuple, afterwards

The text between the fields, the conversions and the type parameters are lost; a t-string becomes an f-string. A `yield` without
parentheses in a field that has to be lowered is not read.
"""

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Lowered", "lower"]

_SPACE = rb"(?:[ \t\f]|\\(?:\r\n?|\n))"
_NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_STRING = re.compile(rb"([rbuft]{0,2})('''|\"\"\"|'|\")", re.IGNORECASE)
_TOKEN = re.compile(
    rb"(?P<skip>%s+)|(?P<comment>#[^\r\n]*)|(?P<string>[rRbBuUfFtT]{0,2}['\"])|(?P<word>[\w\x80-\xff]+)|(?P<mark>[=!<>]=|.)"
    % _SPACE,
    re.DOTALL,
)
_PLAIN = {
    b"'": re.compile(rb"(?:[^\\'\r\n]|\\\r\n|\\.)*'", re.DOTALL),
    b'"': re.compile(rb'(?:[^\\"\r\n]|\\\r\n|\\.)*"', re.DOTALL),
    b"'''": re.compile(rb"(?:[^\\']|'(?!'')|\\.)*'''", re.DOTALL),
    b'"""': re.compile(rb'(?:[^\\"]|"(?!"")|\\.)*"""', re.DOTALL),
}
_GAP = re.compile(rb"%s*" % _SPACE)
_GAP_IN_BRACKETS = re.compile(rb"(?:%s|[\r\n]|#[^\r\n]*)*" % _SPACE)
_TEXT = re.compile(rb"(?:[^\\{}'\"\r\n]|\\(?!N\{)(?:\r\n|[^{}]))+", re.DOTALL)
_NAMED_CHARACTER = re.compile(rb"\\N\{[^{}'\"]*\}")
_COMMA_AT_END = re.compile(rb",%s\Z" % _GAP_IN_BRACKETS.pattern)
_AFTER_FIELD = re.compile(rb"=?%s(?:!%s\w+%s)?" % ((_GAP_IN_BRACKETS.pattern,) * 3))
_HEADER = re.compile(rb"(?:def|class)%s+%s%s*(\[)" % (_SPACE, _NAME, _SPACE))
_ALIAS = re.compile(rb"type%s+(%s)%s*(\[)?" % (_SPACE, _NAME, _SPACE))
_PARENTHESIS = re.compile(rb"%s*(\()" % _SPACE)
_CLOSES = {b"(": b")", b"[": b"]", b"{": b"}"}
_KEYWORDS = {word.encode() for word in keyword.kwlist}


@dataclass
class Lowered:
    """A text after it.

    source: what an older Python reads. code: the original as UTF-8, comments and what stands in plain strings blanked. strings:
    where the sets begin and end that stand for f-strings; aliases: where the assignments begin that stand for `type`
    statements; handlers: where an except clause begins, and how many `|` stand for commas in it. All in bytes from the start.
    """

    source: str
    code: bytes
    strings: set[tuple[int, int]]
    aliases: set[int]
    handlers: dict[int, int]


def lower(text: str) -> Lowered:
    """Raises ValueError where a string or a bracket does not end: that is no Python of any version."""
    data = text.encode()
    scanner = _Scanner(data)
    scanner.code(0)
    lowered, code = bytearray(data), bytearray(data)
    for start, replacement in scanner.edits:
        lowered[start : start + len(replacement)] = replacement
    for start, end in scanner.hidden:
        code[start:end] = _blank(data[start:end])
    return Lowered(lowered.decode(), bytes(code), scanner.strings, scanner.aliases, scanner.handlers)


def _blank(data: bytes) -> bytes:
    return re.sub(rb"[^\r\n]", b" ", data)


@dataclass
class _Scanner:
    """Reads a text from left to right; edits: what to put where."""

    text: bytes
    edits: list[tuple[int, bytes]] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    strings: set[tuple[int, int]] = field(default_factory=set)
    aliases: set[int] = field(default_factory=set)
    handlers: dict[int, int] = field(default_factory=dict)

    def code(self, at: int, stops: bytes = b"", inside: bool = False) -> int:
        """Read code, brackets as a whole, to one of the characters `stops`; its place. inside: brackets, so it must come."""
        while token := _TOKEN.match(self.text, at):
            end = token.end()
            match token.lastgroup:
                case "comment":
                    self.hidden.append((at, end))
                case "string":
                    end = self._strings(at, inside)
                case "word":
                    end = self._word(token[0], at, end)
                case "mark" if token[0] in stops:
                    return at
                case "mark" if token[0] in _CLOSES:
                    end = self.code(end, _CLOSES[token[0]], True) + 1
            at = end
        if inside:
            raise ValueError("a bracket is never closed")
        return at

    def _word(self, word: bytes, at: int, end: int) -> int:
        """Lower the statement that begins with this word, if it is of a newer kind. Returns where to read on."""
        if word in (b"def", b"class") and (header := _HEADER.match(self.text, at)):
            return self._parameters(header.start(1))
        if word == b"type" and (alias := _ALIAS.match(self.text, at)) and alias[1] not in _KEYWORDS:
            self.aliases.add(at)
            self.edits.append((end, b"."))
            return self._subscript(alias.start(2)) if alias[2] else alias.end()
        if word == b"except":
            return self._handler(at, end)
        return end

    def _parameters(self, opening: int) -> int:
        """Type parameters: nothing. They may be longer than a line, so what opens them opens the arguments instead."""
        closing = self.code(opening + 1, b"]", True)
        self.edits.append((opening, b"(" + _blank(self.text[opening + 1 : closing])))
        arguments = _PARENTHESIS.match(self.text, closing + 1)
        self.edits += [(closing, b" "), (arguments.start(1), b" ")] if arguments else [(closing, b")")]
        return closing + 1

    def _subscript(self, opening: int) -> int:
        closing = self.code(opening + 1, b"]", True)
        self.edits.append((opening + 1, re.sub(rb"[^\r\n]", b"0", _blank(self.text[opening + 1 : closing]), count=1)))
        return closing + 1

    def _handler(self, start: int, at: int) -> int:
        commas = []
        at = self.code(at, b",:\r\n")
        while self.text[at : at + 1] == b",":
            commas.append(at)
            at = self.code(at + 1, b",:\r\n")
        if commas and not self.text[commas[-1] + 1 : at].strip():
            self.edits.append((commas.pop(), b" "))
        if commas:
            self.edits += [(comma, b"|") for comma in commas]
            self.handlers[start] = len(commas)
        return at

    def _strings(self, start: int, inside: bool) -> int:
        """Strings side by side are one: lowered together, if this Python cannot read them."""
        fields, formatted = list[tuple[int, int]](), False
        at, gap = start, _GAP_IN_BRACKETS if inside else _GAP
        while string := _STRING.match(self.text, at):
            prefix, quote = string[1].lower(), string[2]
            if b"f" in prefix or b"t" in prefix:
                formatted = True
                end = self._template(string.end(), quote, b"r" in prefix, fields)
            else:
                plain = _PLAIN[quote].match(self.text, string.end())
                if plain is None:
                    raise ValueError("a string does not end")
                end = plain.end()
                self.hidden.append((string.end(), end - len(quote)))
            between = gap.match(self.text, end)
            assert between is not None
            at = between.end()
        if formatted and not _readable(self.text[start:end]):
            self._expressions(start, end, fields)
        return end

    def _expressions(self, start: int, end: int, fields: Sequence[tuple[int, int]]) -> None:
        """A set of the fields' expressions, in the place of the string."""
        self.strings.add((start, end))
        at, opening = start + 1, b"{"
        for first, last in fields:
            self.edits.append((at - 1, opening + _blank(self.text[at:first])))
            at, opening = last + 1, b" " if _COMMA_AT_END.search(self.text, first, last) else b","
        self.edits += [(at - 1, opening + _blank(self.text[at : end - 1])), (end - 1, b"}")]

    def _template(self, at: int, quote: bytes, raw: bool, fields: list[tuple[int, int]], specification: bool = False) -> int:
        """Read the text of an f-string to behind its end, or a format specification to the brace after it; add the fields."""
        while at < len(self.text):
            here = self.text[at : at + 1]
            if specification and here == b"}":
                return at
            if self.text.startswith(quote, at):
                if specification:
                    break
                return at + len(quote)
            if not raw and (named := _NAMED_CHARACTER.match(self.text, at)):
                at = named.end()
            elif text := _TEXT.match(self.text, at):
                at = text.end()
            elif not specification and self.text.startswith((b"{{", b"}}"), at):
                at += 2
            elif here == b"{":
                at = self._field(at + 1, quote, raw, fields)
            elif here == b"}" or (len(quote) == 1 and here in b"\r\n"):
                break
            else:
                at += 1
        raise ValueError("an f-string does not end")

    def _field(self, start: int, quote: bytes, raw: bool, fields: list[tuple[int, int]]) -> int:
        end = self.code(start, b"=!:}", True)
        fields.append((start, end))
        after = _AFTER_FIELD.match(self.text, end)
        assert after is not None
        at = after.end()
        if self.text[at : at + 1] == b":":
            at = self._template(at + 1, quote, raw, fields, specification=True)
        if self.text[at : at + 1] != b"}":
            raise ValueError("a field of an f-string does not end")
        return at + 1


def _readable(string: bytes) -> bool:
    try:
        ast.parse(f"({string.decode()})")
    except SyntaxError:
        return False
    return True
