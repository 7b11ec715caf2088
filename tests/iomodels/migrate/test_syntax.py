"""Everything is read by the Python that runs the tests, of whatever version; a last call shows that places stay true."""

import ast
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from iomodels.migrate.syntax import Unparsed, parse

NEWER = {
    "PEP 695: a function": "def first[T](items: list[T]) -> T: return items[0]",
    "PEP 695: a bound, a tuple and other kinds": "def f[T: int, S: (str, bytes), *Ts, **P](*args: *Ts, **kw: P.kwargs): g()",
    "PEP 695: parameters over several lines": "def f[\n  T: dict[str, int],  # ] a comment\n\n  S,\n](\n  x: T,\n):\n  g()",
    "PEP 695: a class": "class Pool[T](Base[T], metaclass=Meta):\n    x: T = g()",
    "PEP 695: a class without bases": "class Pool[T: 'é']: x = g()",
    "PEP 695: a method": "class Pool:\n    async def get[T](self, key: T) -> T:\n        return await g(key)",
    "PEP 695: an alias": "type Name = str",
    "PEP 695: an alias with parameters": "type Pair[\n  A, *B] = tuple[A, *B]; g()",
    "PEP 695: an alias in a class, of a soft keyword": "class A:\n    if x: type  match = int\n    type type = str",
    "PEP 696": "class Pool[T = int, *Ts = *tuple[int, ...], **P = [int]]: pass\ndef f[T = str](): pass\ntype A[T = 'x'] = T",
    "PEP 701: the same quotes": 'x = f"{names["é"]} é {", ".join(g(n) for n in names["b"])}"',
    "PEP 701: quotes five deep": 'x = f"{f"{f"{f"{f"{1 + 1}"}"}"}"}"',
    "PEP 701: a backslash": "x = f\"{'\\n'.join(g())}\"",
    "PEP 701: newlines and comments": 'x = f"a{\n    g(),  # a comment: " } \'\n}b{\n  y = !r:>{width["x"]}}"',
    "PEP 701: triple quotes": "x = f'''\n{{ é }} \\\\\\N{EM DASH} \\{a['''b''']}\n{c!r:'{d['''e''']}'}\n'''",
    "PEP 701: a raw string": 'x = rf"\\{a["b"]}\\d" + g("")',
    "PEP 701: a raw string that names no character": 'x = rf"\\N{g(1)}{a["b"]}"',
    "PEP 701: side by side": 'x = ("a" r"" if y else "é\\n" f"{a["b"]}"  # a comment\n  \'c\').encode()',
    "PEP 701: continued": 'x = "a" \\\n  f"{a["b"]}" \\\n  \'c\'; g()',
    "PEP 701: a tuple, a star, a dictionary": 'x = f"{a["b"], 1,}{*a["b"], 2}{ {"a": 1}["a"] }{a["b"] == (c := 1)}"',
    "PEP 750": "x = t'{name} and {g(1)!r:>{2}}'; y = t''; z = rt\"\"\"a\n{b}\"\"\"; u = g(t'').x",
    "PEP 758": "try: g()\nexcept OSError, socket.timeout: g()\nexcept A, B, : pass",
    "PEP 758: a group": "try: g()\nexcept* OSError, (A, B), x.y(1, 2): g()",
}
OLDER = {
    "3.8": "while (n := g()) and f'{n=}': pass\ndef f(a, /, b): 'no \\d escape'; return 1if a else b",
    "3.10": "with (open(a) as x, open(b) as y): pass\nmatch x:\n    case {'type': type}: pass",
    "3.11": "try: pass\nexcept* OSError: pass\na[*b] = 1\ndef f(*args: *Ts): pass",
    "soft keywords": "type = 1\nprint(type)\ntype in x\ntype[0] = type if type else 2",
    "nothing": "",
}


@pytest.mark.parametrize("snippet", [pytest.param(code, id=name) for name, code in (NEWER | OLDER).items()])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_newer_syntax_is_read_and_later_places_stay(snippet: str, ends: str) -> None:
    source = (snippet + "\nlast(1, 'é')").replace("\n", ends)
    text, tree = parse(source.encode(), "a.py")
    assert text == source
    *_, last = tree.body
    assert isinstance(last, ast.Expr)
    assert (last.lineno, last.col_offset, last.end_col_offset) == (snippet.count("\n") + 2, 0, len("last(1, 'é')".encode()))


@pytest.mark.parametrize("snippet", [pytest.param(code, id=name) for name, code in OLDER.items()])
@pytest.mark.filterwarnings("ignore")
def test_older_syntax_is_the_same_beside_newer(snippet: str) -> None:
    _, tree = parse(f"{snippet}\ndef f[T](): pass".encode(), "a.py")
    assert list(map(ast.dump, tree.body[:-1])) == list(map(ast.dump, ast.parse(snippet).body))


@pytest.mark.parametrize("snippet", [pytest.param(code, id=name) for name, code in NEWER.items()])
def test_calls_within_newer_syntax_stand_where_they_are_written(snippet: str) -> None:
    _, tree = parse(snippet.encode(), "a.py")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "g"]
    assert len(calls) == snippet.count("g(")
    lines = snippet.encode().split(b"\n")
    for call in calls:
        assert lines[call.lineno - 1][call.col_offset :].startswith(b"g(")


def test_a_lowered_string_is_a_string_of_its_fields() -> None:
    _, tree = parse(b"send('a' f'{x['k']}{y:>{z['k']}}', {1})", "a.py")
    assert isinstance(tree.body[0], ast.Expr)
    call = tree.body[0].value
    assert isinstance(call, ast.Call)
    string, other = call.args
    assert isinstance(string, ast.JoinedStr)
    assert isinstance(other, ast.Set)
    assert (string.col_offset, string.end_col_offset) == (5, 33)
    fields = [node.value for node in ast.walk(string) if isinstance(node, ast.FormattedValue)]
    assert sorted(map(ast.unparse, fields)) == ["x['k']", "y", "z['k']"]
    assert len(parse(b"x = f'{a['b']}'\n'text'", "a.py")[1].body) == 2
    assert not any(isinstance(node, ast.Dict) for node in ast.walk(parse(b"send(t'')", "a.py")[1]))


def test_a_lowered_alias_binds_its_name_and_a_lowered_clause_catches_a_tuple() -> None:
    _, tree = parse(b"type Peer[T] = tuple[socket, T]", "a.py")
    assert ast.unparse(tree).startswith(("Peer = ", "type Peer[T] = "))
    _, tree = parse(b"try: pass\nexcept A | B, C.d, (E, F): pass", "a.py")
    handler = next(node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler))
    assert isinstance(handler.type, ast.Tuple)
    assert [ast.unparse(each) for each in handler.type.elts] == ["A | B", "C.d", "(E, F)"]
    assert (handler.type.lineno, handler.type.col_offset, handler.type.end_col_offset) == (2, 7, 25)


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        ("import os\n\nprint 'x'", 3, "the print statement"),
        ("if x: print y", 1, "the print statement"),
        ("def f():\n  print('''a\n''')\n  print f.x", 4, "the print statement"),
        ("exec 'x = 1' in y", 1, "the exec statement"),
        ("x = 0777\nprint x", 1, "an octal number without 0o"),
        ("raise ValueError, 'x'", 1, "an exception raised with a comma"),
        ("raise e[0](1), e[1], e[2]", 1, "an exception raised with a comma"),
        ("x = `1`", 1, "backticks"),
        ("\nx <> y", 2, "the operator <>"),
        ("os.chmod(x, 0777)", 1, "an octal number without 0o"),
        ("x = 0xFFL", 1, "a long number"),
        ("x = ur'a'", 1, "a ur string"),
        ("def f(a, (b, c)): pass", 1, "a parameter in parentheses"),
        ("try: pass\nexcept socket.error, e: pass\nprint e", 3, "the print statement"),
        ("for e in x: pass\ntry: f()\nexcept socket.error, e: pass", 3, "an except clause that binds with a comma"),
        ("try: f()\nexcept socket.error, (code, text): print(code)", 2, "an except clause that binds with a comma"),
    ],
)
def test_python_2_is_told_by_what_only_it_has(source: str, line: int, text: str) -> None:
    if "binds" in text and _reads("try: pass\nexcept A, B: pass"):
        pytest.skip("this Python reads it as PEP 758 does")
    with pytest.raises(Unparsed) as caught:
        parse(source.encode(), "a.py")
    assert (caught.value.reason, caught.value.line, caught.value.text) == ("python 2", line, text)


def _reads(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize(
    "clause",
    [
        "from x import error\ntry: f()\nexcept OSError, error: pass",
        "Gone = (A, B)\ntry: f()\nexcept OSError, Gone: pass",
        "class Gone(Exception): pass\ntry: f()\nexcept OSError, Gone: pass",
        "def g(errors):\n  try: f()\n  except OSError, errors: pass",
        "try: f()\nexcept OSError, ValueError: pass",
        "try: f()\nexcept OSError, e, x: pass",
    ],
)
def test_an_except_clause_of_things_to_catch_is_python_3(clause: str) -> None:
    parse(clause.encode(), "a.py")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x = 1\ndef f(:\n  pass", 2),
        (b"def f[T](x): pass\nx = = 1", 2),
        (b"async def f(): pass\nprint 'a slip'", 2),
        (b"x = f'{1}'\nif x <> 1: pass", 2),
        (b'def f():\n    """Text.\n    print the rest `of it`\n', 2),
        (b"# print x, 0777\nx = 'print y'\n'''\nprint z\n'''\n)", 6),
        (b"try: pass\nexcept A, B as e: pass", 2),
        (b"x = 1\nx = type Y", 2),
        (b"type X\n", 1),
        (b"x = print f'{a['b']}'", 1),
        (b"x = f'{a[\"b\"]'", 1),
        (b"x = f'{a:'}'", 1),
        (b'x = f"{}" f"{a["b"]}"', 1),
        (b"x = 1e-05 + 0 + 00 + 0.5 +", 1),
        (b"x = (1,\n", 1),
        (b"\tx = 1\n", 1),
    ],
)
def test_a_slip_is_broken_and_says_where(data: bytes, line: int) -> None:
    with pytest.raises(Unparsed) as caught:
        parse(data, "a.py")
    assert (caught.value.reason, caught.value.line) == ("broken", line)
    assert caught.value.text


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"x = 1\0", id="a null byte"),
        pytest.param(b"x = '\xff'", id="not UTF-8"),
        pytest.param(b"# coding: ascii\n'\xc3\xa9'", id="not the encoding it names"),
        pytest.param(b"# coding: no-such\n", id="an encoding that is not there"),
        pytest.param(b"# coding: rot13\nk = 1", id="a codec that gives no text"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", id="a mark and a comment that disagree"),
        pytest.param(b"(" * 5000, id="brackets too deep"),
        pytest.param(b"x = " + b"-" * 200_000 + b"1", id="operators too deep"),
        pytest.param(b"def f[T](): pass\nx = " + b"(" * 5000, id="newer, and brackets too deep"),
    ],
)
def test_what_is_no_text_or_too_deep_is_broken_in_one_line(data: bytes) -> None:
    with pytest.raises(Unparsed) as caught:
        parse(data, "a.py")
    assert caught.value.reason == "broken"
    assert caught.value.text
    assert "\n" not in caught.value.text


@pytest.mark.parametrize(
    "data",
    [
        "x = 'é'; last()".encode(),
        "\ufeffx = 'é'; last()".encode(),
        "# coding: latin-1\nx = 'é'; last()".encode("latin-1"),
        "#!/usr/bin/python\n# -*- coding: cp1252 -*-\nx = 'é'; type A = last()".encode("cp1252"),
    ],
)
def test_text_is_decoded_by_the_mark_or_the_comment(data: bytes) -> None:
    text, tree = parse(data, "a.py")
    assert "x = 'é'" in text
    assert not text.startswith("\ufeff")
    assert "last()" in ast.unparse(tree)


def test_no_warning_is_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(b"'\\d'; x is 1; assert (1, 'x'); 1if x else 2", "a.py")
        parse(b"'\\d'; f'{x['a']}\\d'", "a.py")


# Files of the library that use what is new in it.
TELLING = ("fstring", "tstring", "type_params", "type_aliases", "grammar", "exceptions", "patma", "typing")


@pytest.mark.parametrize("version", ["3.8", "3.12", "3.13", "3.14"])
def test_the_library_of_other_versions_is_read(version: str) -> None:
    python = shutil.which(f"python{version}")
    found = python and subprocess.run(
        [python, "-c", "import os; print(os.path.dirname(os.__file__))"], capture_output=True, text=True, check=False
    )
    if not found or found.returncode:
        pytest.skip(f"there is no python{version}")
    library = Path(found.stdout.strip())
    read = [file for name in TELLING if (file := library / "test" / f"test_{name}.py").exists()]
    for file in [*read, library / "typing.py"]:
        parse(file.read_bytes(), str(file))
