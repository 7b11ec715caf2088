"""`iomodels migrate --verify`: what is alike is kept, what differs is not, and what could not be compared is said."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from iomodels.migrate import moving
from iomodels.migrate.rewrite import rewrite
from tests.corpus.header import CORPUS, parse
from tests.iomodels.migrate.verifying import COMMAND, SERVER, Migrate, spoil

pytestmark = pytest.mark.long

TARGETS = ("asyncio", "trio", "anyio")
MOVED = ("threads_function", "select_textbook", "socketserver_mixin")
QUIET = ("--patience", "1")
ONE_AT_A_TIME = SERVER.replace("threading.Thread(target=serve, args=(client,)).start()", "serve(client)")


@pytest.fixture
def migrate(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """In a folder with `server.py`."""
    (tmp_path / "server.py").write_text(SERVER)
    monkeypatch.chdir(tmp_path)
    return Migrate(tmp_path, capsys)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", MOVED)
def test_corpus_programs_move_and_are_kept(migrate: Migrate, name: str, target: str) -> None:
    path = CORPUS / f"{name}.py"
    program = parse(path)
    (migrate.folder / f"{name}.py").write_bytes(path.read_bytes())
    command = f"{shlex.quote(sys.executable)} {program.run}"
    kinds = ("--kind", "plain", "--kind", "half-closed", "--kind", "two")
    ran = migrate.verified(f"{name}.py", "--write", "--service", program.service, *kinds, to=target, command=command)
    assert (ran.status, ran.output) == (0, "")
    assert f"{name}.py: nothing differs" in ran.errors
    assert "conversations alike" in ran.errors
    assert f"Moved what can be proven in 1 file to {target}." in ran.errors
    assert f"import {target}" in (migrate.folder / f"{name}.py").read_text()
    assert not (migrate.folder / "iomodels-differ").exists()


def test_without_write_the_diff_is_printed_and_nothing_is_changed(migrate: Migrate) -> None:
    ran = migrate.verified("server.py", "--service", "upper")
    assert ran.status == 1
    assert (migrate.folder / "server.py").read_text() == SERVER
    subprocess.run(["git", "apply", "-"], cwd=migrate.folder, input=ran.output, text=True, check=True)
    assert "import trio" in (migrate.folder / "server.py").read_text()
    assert "nothing differs" in ran.errors
    assert "Would move what can be proven in 1 file to trio." in ran.errors
    assert [*migrate.folder.iterdir()] == [migrate.folder / "server.py"]  # the program ran elsewhere


def test_what_differs_is_not_kept(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda text: text.replace("data.upper()", "data.upper().replace(b'W', b'V')"))
    ran = migrate.verified("server.py", "--write", "--service", "upper", *QUIET)
    assert (ran.status, ran.output) == (1, "")
    assert (migrate.folder / "server.py").read_bytes() == SERVER.encode()
    assert "server.py:16: IOM950 left alone: what client 1 hears, in `upper, plain`; 1 conversation: 1 different" in ran.errors
    assert "(guide: migrate/proving.md)" in ran.errors
    lines = [line.split() for line in ran.errors.splitlines()]
    assert any(row[:1] + row[-1:] == ["W", "V"] and "|" in row for row in lines), ran.errors  # shortened to one letter
    assert "iomodels-differ/01-upper-plain.jsonl" in ran.errors
    assert "Nothing is kept of what was to move to trio; 1 unit left alone, each with its reason." in ran.errors
    # The recording alone shows it again, and the patch is what was tried.
    again = migrate.verified("server.py", "--recording", "iomodels-differ/01-upper-plain.jsonl", "--save", "again", *QUIET)
    assert "IOM950" in again.errors
    assert "1 conversation: 1 different" in again.errors
    subprocess.run(["git", "apply", "iomodels-differ/not-kept.patch"], cwd=migrate.folder, check=True)
    assert "replace(b'W', b'V')" in (migrate.folder / "server.py").read_text()


def test_who_waits_for_whom_is_a_difference_and_is_not_with_concurrent(migrate: Migrate) -> None:
    (migrate.folder / "server.py").write_text(ONE_AT_A_TIME)
    asked = ("--service", "upper", "--kind", "two")
    kept = migrate.verified("server.py", *asked)
    assert "2 conversations alike" in kept.errors
    assert "--concurrent" not in kept.errors
    meant = migrate.verified("server.py", *asked, "--concurrent")
    assert "2 conversations alike" in meant.errors
    assert "who of several clients waits for whom was not compared: --concurrent is to change that" in meant.errors


def test_one_at_a_time_that_became_many_is_seen(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    (migrate.folder / "server.py").write_text(ONE_AT_A_TIME)
    monkeypatch.setattr(moving, "rewrite", lambda *words, **_: rewrite(*words, concurrent=True))
    ran = migrate.verified("server.py", "--write", "--service", "upper", "--kind", "two", *QUIET)
    assert ran.status == 1
    assert "IOM950 left alone: what client 2 has heard before step" in ran.errors
    assert (migrate.folder / "server.py").read_text() == ONE_AT_A_TIME


def test_a_new_one_that_does_not_start_is_not_kept(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda text: text.replace("import trio\n", "import trio, nowhere\n"))
    ran = migrate.verified("server.py", "--write", "--service", "upper")
    assert ran.status == 1
    assert "IOM950 left alone: what was moved does not start: it ended before it was ready: exit status 1" in ran.errors
    assert "No module named 'nowhere'" in ran.errors
    assert "iomodels-" not in ran.errors.split("by hand")[0]  # no path of a copy
    assert (migrate.folder / "server.py").read_text() == SERVER


def test_json_carries_the_verdict(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    good = json.loads(migrate.verified("server.py", "--service", "upper", "--format", "json").output)["files"][0]
    assert good["verified"]["kept"]
    assert good["diff"]
    (comparison,) = good["verified"]["comparisons"]
    assert comparison["alike"]
    assert comparison["command"] == COMMAND.replace("{file}", "server.py")
    assert comparison["report"]["conversations"][0]["name"] == "upper, plain"
    spoil(monkeypatch, lambda text: text.replace("data.upper()", "data.lower()"))
    ran = migrate.verified("server.py", "--write", "--service", "upper", "--format", "json", *QUIET)
    bad = json.loads(ran.output)["files"][0]
    assert (ran.status, bad["diff"], bad["changes"]) == (1, "", [])
    assert bad["refusals"][0]["code"] == "IOM950"
    assert not bad["verified"]["kept"]
    report = bad["verified"]["comparisons"][0]["report"]
    assert not report["alike"]
    assert report["conversations"][0]["recordings"] == ["iomodels-differ/01-upper-plain.jsonl"]
    plain = json.loads(migrate("server.py", "--format", "json").output)["files"][0]
    assert plain["verified"] is None


def test_what_is_never_the_same_proves_nothing_and_single_words_do_not_matter(migrate: Migrate) -> None:
    source = SERVER.replace("data.upper()", "data.upper() + OWN").replace("import sys", "import os\nimport random\nimport sys")
    words = source.replace("def serve", 'OWN = b"%d\\n" % os.getpid()\n\n\ndef serve')
    (migrate.folder / "server.py").write_text(words)
    ran = migrate.verified("server.py", "--service", "lines", "--write")
    assert ran.status == 0
    assert "not compared, because the old server itself is not the same each time" in ran.errors
    noise = source.replace("def serve", "OWN = random.randbytes(random.randrange(100, 300))\n\n\ndef serve")
    (migrate.folder / "server.py").write_text(noise)
    ran = migrate.verified("server.py", "--service", "lines", "--write")
    assert ran.status == 1
    assert "IOM951 left alone: what the old program says is never the same twice" in ran.errors
    assert (migrate.folder / "server.py").read_text() == noise


def test_without_a_service_it_is_asked_lines_and_says_so(migrate: Migrate) -> None:
    ran = migrate.verified("server.py", "--write")
    assert ran.status == 0
    assert "it was asked some lines of text: give --recording FILE, or --service" in ran.errors


def test_how_the_kernel_ends_the_connections_of_who_is_killed_is_no_difference(migrate: Migrate) -> None:
    program = parse(CORPUS / "socketserver_lines.py")
    (migrate.folder / "server.py").write_bytes(program.path.read_bytes())
    command = f"{shlex.quote(sys.executable)} {program.run}"
    asked = ("--service", "lines", "--kind", "stopped")
    ran = migrate.verified("server.py", "--write", *asked, to="asyncio", command=command)  # which reads ahead
    assert ran.status == 0, ran.errors


def test_silence_proves_nothing_when_nobody_has_said_what_it_understands(migrate: Migrate) -> None:
    silent = SERVER.replace("            client.sendall(data.upper())\n", "            client.sendall(b'')\n")
    (migrate.folder / "server.py").write_text(silent)
    ran = migrate.verified("server.py", "--write")
    assert ran.status == 1
    assert "IOM951 left alone: to lines of text the old program says nothing" in ran.errors
    assert migrate.verified("server.py", "--write", "--service", "lines").status == 0  # somebody has said so


def test_a_file_with_two_names_is_not_kept_by_either(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    (migrate.folder / "link.py").symlink_to("server.py")
    ran = migrate.verified("server.py", "link.py", "--write", "--service", "upper")
    assert (ran.status, ran.errors.count(": nothing differs")) == (0, 2)
    (migrate.folder / "server.py").write_text(SERVER)
    spoil(monkeypatch, lambda text: text.replace("data.upper()", "data.lower()"))
    ran = migrate.verified("server.py", "link.py", "--write", "--service", "upper", *QUIET)
    assert (ran.status, ran.errors.count("IOM950")) == (1, 2)
    assert (migrate.folder / "server.py").read_text() == SERVER


def test_the_contract_is_asked_as_well(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("--service", "upper", "--contract", "--only", "integrity/two-interleaved")
    ran = migrate.verified("server.py", *asked)
    assert "1 cases of the contract: the same verdicts" in ran.errors
    # Which one client alone does not see.
    others = "data.upper() if len(trio.lowlevel.current_task().parent_nursery.child_tasks) < 2 else data.lower()"
    spoil(monkeypatch, lambda text: text.replace("data.upper()", others))
    ran = migrate.verified("server.py", "--write", *asked)
    assert ran.status == 1
    assert "IOM950 left alone: contract, integrity/two-interleaved" in ran.errors
    assert "different: contract, integrity/two-interleaved" in ran.errors
    assert (migrate.folder / "server.py").read_text() == SERVER
