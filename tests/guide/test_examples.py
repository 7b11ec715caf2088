"""What the pages show at a prompt is what happens there."""

import time
from pathlib import Path

import psutil
import pytest

from tests.guide.console import Example, Mistake, examples, run

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "guide"
PAGES = sorted(path for path in GUIDE.rglob("*.md") if "_build" not in path.parts)
BLOCKS = [
    pytest.param(block, id=f"{path.relative_to(GUIDE)}-{number}")
    for path in PAGES
    for number, block in enumerate(examples(path.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_of_the_guide_prints_what_it_shows(block: list[Example]) -> None:
    run(block, ROOT)


# The harness itself.


def block_of(*lines: str) -> list[Example]:
    (block,) = examples("\n".join(["text", "```console", *lines, "```", "text"]))
    return block


def test_commands_and_outputs_are_told_apart() -> None:
    page = "a\n\n```console\n$ one \\\n> two\nout\n\n$ three &\n```\n\n"
    page += "```text\n$ no\n```\n\n   ```console\n   $ deep\n     er\n   ```\n"
    first, second = examples(page)
    assert [(example.command, example.wanted) for example in first] == [("one \\\ntwo", "out\n\n"), ("three &", "")]
    assert [(example.command, example.wanted) for example in second] == [("deep", "  er\n")]
    assert [example.is_in_the_background for example in first] == [False, True]


def test_a_block_that_begins_with_output_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="begins with a command, not with 'HELLO'"):
        block_of("HELLO", "$ echo hello")


def test_dots_stand_for_anything(tmp_path: Path) -> None:
    run(block_of("$ printf 'one 1\\ntwo\\nthree\\nfour\\n'", "one ...", "...", "four"), tmp_path)


@pytest.mark.parametrize("shown", [["HALLO"], [], ["HELLO", "HELLO"], ["...", "HE"]])
def test_another_output_is_a_mistake(tmp_path: Path, shown: list[str]) -> None:
    with pytest.raises(Mistake, match="came:\nHELLO\n"):
        run(block_of("$ echo HELLO", *shown), tmp_path)


def test_what_goes_to_standard_error_is_seen_too(tmp_path: Path) -> None:
    run(block_of("$ echo out; echo err >&2; false", "out", "err"), tmp_path)


def test_commands_share_a_shell(tmp_path: Path) -> None:
    run(block_of("$ mkdir there; cd there; x=1", '$ echo "$(basename "$PWD") $x"', "there 1"), tmp_path)


def is_over(process: int) -> bool:
    """Whether it has ended, waiting for that; one that nobody has collected has."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
    return False


SERVER = "import os, socket as s; k = s.create_server(('127.0.0.1', {port})); print('pid', os.getpid(), flush=True); k.accept()"


def test_what_runs_in_the_background_is_awaited_and_ended(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("import sys\n" + SERVER.format(port="int(sys.argv[1])"))
    first, second = "$ python server.py 8080 &", "$ python server.py 8081 &"
    run(block_of(first, "pid ...", "$ echo $! > one", second, "pid ...", "$ echo $! > two"), tmp_path)
    for name in ("one", "two"):
        assert is_over(int((tmp_path / name).read_text()))


def test_it_is_ended_after_a_mistake_as_well(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER.format(port=0))
    with pytest.raises(Mistake):
        run(block_of("$ python server.py &", "pid ...", "$ echo $! > pid", "$ echo HELLO", "HALLO"), tmp_path)
    assert is_over(int((tmp_path / "pid").read_text()))


def test_a_port_is_a_free_one_and_the_same_in_commands_and_outputs(tmp_path: Path) -> None:
    run(block_of("$ echo 8080 8081 > ports; cat ports", "8080 8081"), tmp_path)
    first, second = (tmp_path / "ports").read_text().split()
    assert "8080" not in (first, second)
    assert first != second


def test_what_ends_early_in_the_background_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"(?s)which ended with 7.*came:\nno\n"):
        run(block_of("$ sh -c 'echo no; exit 7' &", "listening on ..."), tmp_path)


@pytest.mark.parametrize("ampersand", ["", " &"])
def test_a_program_that_lacks_something_skips_with_its_reason(tmp_path: Path, ampersand: str) -> None:
    with pytest.raises(pytest.skip.Exception, match="epoll is Linux's alone"):
        run(block_of(f'$ sh -c "echo \\"epoll is Linux\'s alone\\"; exit 3"{ampersand}', "listening"), tmp_path)


def test_a_tool_that_is_missing_skips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="nc is not installed here"):
        run(block_of("$ echo hello | nc -N 127.0.0.1 8080"), tmp_path)


def test_a_module_that_is_not_there_skips_the_block_that_needs_it(tmp_path: Path) -> None:
    page = "text\n\n<!-- needs smptd -->\n```console\n$ echo HELLO\nHALLO\n```\n\n```console\n$ echo HELLO\nHELLO\n```\n"
    first, second = examples(page)
    with pytest.raises(pytest.skip.Exception, match="there is no smptd in Python"):
        run(first, tmp_path)
    run(second, tmp_path)
    with pytest.raises(Mistake):
        run(next(examples(page.replace("smptd", "socket"))), tmp_path)
