"""`migrate --verify` asked wrongly, or with nothing to do: one line, the right exit status, and no file changed."""

import os
import sys
from pathlib import Path

import pytest

from iomodels.migrate.verify.trees import LARGEST, MOST, Origin, TreeError
from tests.iomodels.migrate.verifying import COMMAND, SERVER, Migrate

PYTHON = sys.executable


@pytest.fixture
def migrate(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """In a folder with `server.py`, and others."""
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "broken.py").write_text(SERVER.replace("def main", "import nowhere\n\n\ndef main"))
    (tmp_path / "plain.py").write_text("print('hello')\n")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    return Migrate(tmp_path, capsys)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--verify", COMMAND, "--recording", "nowhere.jsonl"),
            "--verify: cannot read nowhere.jsonl: No such file or directory",
        ),
        (("--verify", COMMAND, "--recording", "empty.jsonl"), "--verify: empty.jsonl: "),
        (("--verify", COMMAND, "--ignore", "("), "--verify: '(' is no regular expression"),
        (("--verify", COMMAND, "--service", "ftp"), "no service is called 'ftp'"),
        (("--verify", COMMAND, "--contract"), "--contract needs a --service that the contract speaks"),
        (("--verify", COMMAND, "--tree", "nowhere"), "--verify: --tree nowhere is not a folder"),
        (("--verify", COMMAND, "--tree", "sub"), "server.py does not lie in --tree sub"),
        (("--verify", COMMAND, "--watch", "/"), "--verify: / is put back after each run as it was"),
        (("--verify", ""), "--verify: the command is empty"),
        (("--verify", "python 'server.py"), '--verify: cannot read the command "python \'server.py": No closing quotation'),
        (("--verify", "no-such-program {file} {port}"), "cannot start 'no-such-program': No such file or directory"),
        (
            ("--verify", f"{PYTHON} {{file}}"),
            "does not start (a command without {port} must print `listening on HOST:PORT`): it ended before it was ready",
        ),
        (("--verify", f"{PYTHON} broken.py {{port}}"), "not moved yet, does not start: it ended before it was ready"),
        (("--verify", f"{PYTHON} -c 'import time; time.sleep(9)'", "--wait", "0.2"), "no ready line within 0.2 s"),
        (("--service", "upper"), "--service is for --verify CMD, which is not given"),
        (("--watch", "sub"), "--watch is for --verify CMD, which is not given"),
        (("--verify", COMMAND, "--no-verify", "--runs", "3"), "is for --verify CMD, which is not given"),
    ],
)
def test_a_wrong_question_is_one_line_and_2(migrate: Migrate, arguments: tuple[str, ...], says: str) -> None:
    ran = migrate("server.py", "--write", "--kind" if "--verify" in arguments else "--exclude", "plain", *arguments)
    assert (ran.status, ran.output, len(ran.errors.splitlines())) == (2, "", 1), ran
    assert says in ran.errors
    assert (migrate.folder / "server.py").read_text() == SERVER


def test_where_nothing_is_rewritten_nothing_is_started(migrate: Migrate) -> None:
    ran = migrate.verified("plain.py", "--write", command="no-such-program {port}")
    assert (ran.status, ran.output) == (0, "")
    assert ran.errors == "Nothing to rewrite. There was nothing to verify.\n"


def test_a_python_without_the_library_is_named(migrate: Migrate) -> None:
    ran = migrate.verified("server.py", "--write", command=f"{PYTHON} -S {{file}} {{port}}")
    assert (ran.status, ran.output) == (3, "")
    assert ran.errors == (
        f"iomodels: --verify: `{PYTHON} -S server.py {{port}}` runs a Python that has no trio: "
        "install it there, to verify what is moved\n"
    )
    assert (migrate.folder / "server.py").read_text() == SERVER


def test_a_server_that_says_where_it_listens_needs_no_port(migrate: Migrate) -> None:
    says = SERVER.replace("int(sys.argv[1])", "0").replace(
        "    while True:\n", '    print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)\n    while True:\n'
    )
    (migrate.folder / "server.py").write_text(says)
    ran = migrate.verified("server.py", "--write", "--service", "upper", command=f"{PYTHON} {{file}}")
    assert ran.status == 0, ran.errors
    assert "nothing differs" in ran.errors


def test_settings_verify_each_time_until_they_are_told_not_to(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = f'[tool.iomodels.migrate]\nverify = "{COMMAND}"\nservice = "upper"\nkind = ["plain"]\nsave = "why"\n'
    (migrate.folder / "pyproject.toml").write_text(settings)
    monkeypatch.chdir(migrate.folder / "sub")
    ran = migrate("../server.py")
    assert "nothing differs" in ran.errors
    ran = migrate("../server.py", "--no-verify", "--write")
    assert (ran.status, "nothing differs" in ran.errors) == (0, False)
    assert "import trio" in (migrate.folder / "server.py").read_text()


def test_a_copy_has_what_a_program_needs_and_no_way_back(tmp_path: Path) -> None:
    tree, other = tmp_path / "tree", tmp_path / "other"
    for folder in (".git", "src/__pycache__", "env/bin", "node_modules/x"):
        (tree / folder).mkdir(parents=True)
    other.mkdir()
    (tree / "env" / "pyvenv.cfg").touch()
    (tree / ".git" / "config").touch()
    (tree / "src" / "server.py").write_text("old")
    (tree / "src" / "server.py").chmod(0o555)
    (tree / "src" / "link.py").symlink_to(tree / "src" / "server.py")  # absolute, into the tree
    (tree / "src" / "other").symlink_to(other)
    os.mkfifo(tree / "src" / "fifo")
    server = tree / "src" / "server.py"
    with Origin(tree, [server]).copies() as copies:
        made = copies.make("new", {Path("src/server.py"): b"new"})
        found = sorted(str(path.relative_to(made)) for path in made.rglob("*"))
        assert found == ["env", "node_modules", "src", "src/link.py", "src/other", "src/server.py"]
        assert (made / "src" / "link.py").read_text() == "new"
        assert (made / "env").resolve() == tree / "env"
        assert (made / "src" / "server.py").stat().st_mode & 0o777 == 0o555
    assert server.read_text() == "old"
    assert not made.exists()


def test_a_tree_that_is_too_large_is_not_copied(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGEST + 1)
    (tmp_path / "server.py").touch()
    with pytest.raises(TreeError, match="say with --tree which folder the program needs"), _copies(tmp_path):
        pass
    (tmp_path / "large").unlink()
    for number in range(MOST):
        (tmp_path / str(number)).touch()
    with pytest.raises(TreeError, match=f"more than {MOST:,} files"), _copies(tmp_path):
        pass


def _copies(tree: Path):  # type: ignore[no-untyped-def]
    return Origin(tree, [tree / "server.py"]).copies()
