from pathlib import Path

import pytest

from guide.ext.fragments import HEAD, TAIL, Fragment, aligned, by_function, by_step, docstring, missing, sibling, whole

ROOT = Path(__file__).resolve().parents[3]
STEPS = ("listen", "wait", "accept", "read", "reply", "close")
CALLERS_STEPS = ("connect", "wait", "read", "send", "type", "close")
FILES = [*sorted((ROOT / "models").glob("[!_]*.py")), *sorted((ROOT / "async_models").glob("*o/[!_]*.py"))]

SOURCE = '''\
"""What it is.

Costs: nothing.
"""

import socket

SIZE = 10


def serve(
    listener: int,
) -> None:
    # listen
    def inner() -> None:
        pass

    inner()
    # wait: for whoever comes
    listener.wait()

    # close
    if listener:
        listener.close()


class Peer:
    peer = 1

    # no step: this one is called otherwise
    def take(self) -> None:
        # read
        self.peer = 2

    @property
    def owed(self) -> int:
        # reply
        return self.peer


async def accepts() -> None:
    # accept
    pass


def check() -> None:
    pass


if __name__ == "__main__":
    serve(1)
'''


def text_of(fragment: Fragment, source: str = SOURCE) -> str:
    return "\n".join(source.splitlines()[fragment.first - 1 : fragment.last])


def test_a_fragment_goes_from_the_end_of_the_step_before_to_the_beginning_of_the_next() -> None:
    found = {fragment.step: text_of(fragment) for fragment in by_step(SOURCE, STEPS)}
    assert found[HEAD] == "import socket\n\nSIZE = 10"
    assert found["listen"] == (
        "def serve(\n    listener: int,\n) -> None:\n    # listen\n    def inner() -> None:\n        pass\n\n    inner()"
    )
    assert found["wait"] == "    # wait: for whoever comes\n    listener.wait()"
    assert found["close"] == "    # close\n    if listener:\n        listener.close()"
    assert found["read"].startswith("class Peer:\n    peer = 1\n\n    # no step")
    assert found["read"].endswith("        # read\n        self.peer = 2")
    assert found["reply"].startswith("    @property\n    def owed")
    assert found["accept"] == "async def accepts() -> None:\n    # accept\n    pass"
    assert found[TAIL].startswith("def check() -> None:")
    assert found[TAIL].endswith("serve(1)")


def test_they_are_in_the_order_of_the_file() -> None:
    assert [fragment.step for fragment in by_step(SOURCE, STEPS)] == [
        HEAD,
        "listen",
        "wait",
        "close",
        "read",
        "reply",
        "accept",
        TAIL,
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_line_after_the_docstring_is_in_one_fragment(path: Path) -> None:
    source = path.read_text()
    lines = source.splitlines()
    begin = len(docstring(source).splitlines()) + 1
    steps = CALLERS_STEPS if "client" in path.stem else STEPS
    for cut in (by_step(source, steps), by_function(source), whole(source)):
        numbers = [number for fragment in cut for number in range(fragment.first, fragment.last + 1)]
        assert numbers == sorted(set(numbers))
        outside = set(range(begin, len(lines) + 1)) - set(numbers)
        assert [lines[number - 1] for number in outside if lines[number - 1].strip() not in ("", '"""')] == []
        assert not lines[cut[0].first - 1].startswith('"""')


def test_a_step_whose_comment_is_gone_is_missed() -> None:
    assert missing(by_step(SOURCE, STEPS), STEPS) == []
    assert missing(by_step(SOURCE.replace("    # wait: for whoever comes\n", ""), STEPS), STEPS) == ["wait"]
    assert missing(by_step(SOURCE.replace("# read\n", "# reading\n"), STEPS), STEPS) == ["read"]


def test_a_step_whose_comment_stands_twice_has_two_fragments() -> None:
    steps = [fragment.step for fragment in by_step(SOURCE.replace("# reply", "# close"), STEPS)]
    assert steps.count("close") == 2


def test_by_function_each_function_and_class_at_the_margin_is_one() -> None:
    source = SOURCE.replace("async def accepts", "@wrapped\nasync def accepts")
    found = by_function(source)
    assert [fragment.step for fragment in found] == [HEAD, "serve", "Peer", "accepts", "check", TAIL]
    assert text_of(found[3], source).startswith("@wrapped\n")
    assert by_function("x = 1\n") == [Fragment(HEAD, 1, 1)]


def test_a_file_that_borrows_its_code_has_imports_and_what_follows() -> None:
    source = '"""It is another."""\n\nfrom a import serve\n\nif __name__ == "__main__":\n    run(serve)\n'
    assert whole(source) == [Fragment(HEAD, 3, 3), Fragment(TAIL, 5, 6)]
    assert whole("x = 1\n") == [Fragment(HEAD, 1, 1)]


def test_rows_are_the_first_files_steps_and_what_others_add_stands_behind_what_it_follows_there() -> None:
    def order(steps: str) -> list[Fragment]:
        return [Fragment(step, 1, 1) for step in steps]

    assert aligned([order("abc"), order("cab")]) == list("abc")
    assert aligned([order("abc"), order("adc"), order("abce")]) == list("adbce")
    assert aligned([order(""), order("ab")]) == list("ab")


def test_a_sibling_is_found_by_the_serve_that_is_imported() -> None:
    assert sibling(ROOT / "async_models/trio/epoll.py", ROOT) == ROOT / "async_models/trio/select.py"
    assert sibling(ROOT / "async_models/trio/select.py", ROOT) is None
