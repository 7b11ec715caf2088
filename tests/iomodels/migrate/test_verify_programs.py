"""`migrate --verify` with several files, and with programs of several: each is kept or not for itself, as far as they go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.iomodels.migrate.verifying import COMMAND, SERVER, Migrate, spoil

pytestmark = pytest.mark.long

ASKED = ("--service", "upper", "--patience", "1")
BESIDE = SERVER.replace("import threading\n", "import threading\n\nimport beside\n\nassert beside.main\n")


@pytest.fixture
def migrate(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Migrate:
    """In a folder with two servers."""
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "beside.py").write_text(SERVER)
    monkeypatch.chdir(tmp_path)
    return Migrate(tmp_path, capsys)


def test_each_server_of_a_folder_is_kept_for_itself(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, lambda text: text.replace("data.upper()", "data.lower()"), only="beside")
    ran = migrate.verified(".", "--write", *ASKED)
    assert ran.status == 1
    assert (migrate.folder / "beside.py").read_text() == SERVER
    assert "import trio" in (migrate.folder / "server.py").read_text()
    assert "server.py: nothing differs" in ran.errors
    assert "beside.py:16: IOM950" in ran.errors
    assert "Moved what can be proven in 1 file to trio; 1 unit left alone, each with its reason." in ran.errors
    patch = (migrate.folder / "iomodels-differ" / "not-kept.patch").read_text()
    assert "beside.py" in patch
    assert "server.py" not in patch


def test_files_of_one_program_are_tried_together_and_then_one_by_one(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    (migrate.folder / "server.py").write_text(BESIDE)
    command = f"{sys.executable} server.py {{port}}"
    ran = migrate.verified(".", *ASKED, command=command)
    assert {"beside.py: nothing differs, `" + command + "`:", "server.py: nothing differs, `" + command + "`:"} <= {
        *ran.errors.splitlines()
    }
    spoil(monkeypatch, lambda text: text.replace("import trio\n", "import trio, nowhere\n"), only="beside")
    ran = migrate.verified(".", "--write", *ASKED, command=command)
    assert ran.status == 1
    assert "beside.py:16: IOM950 left alone: what was moved does not start" in ran.errors
    assert (migrate.folder / "beside.py").read_text() == SERVER
    assert "import trio" in (migrate.folder / "server.py").read_text()


def test_a_file_that_needs_another_is_tried_again_when_that_is_kept(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    (migrate.folder / "server.py").write_text(
        BESIDE.replace("import beside\n", "import beside\nimport bad\n\nassert bad.main\n")
    )

    def wrong(text: str) -> str:
        if "import beside" in text:
            return text
        needs = (
            "import trio, nowhere\n" if "BAD" in text else "import trio\n\nassert 'import trio' in open(sys.argv[0]).read()\n"
        )
        return text.replace("import trio\n", needs)

    (migrate.folder / "bad.py").write_text(SERVER.replace("def main", "BAD = True\n\n\ndef main"))
    spoil(monkeypatch, wrong)
    ran = migrate.verified(".", "--write", *ASKED, command=f"{sys.executable} server.py {{port}}")
    kept = [name for name in ("bad.py", "beside.py", "server.py") if "import trio" in (migrate.folder / name).read_text()]
    assert kept == ["beside.py", "server.py"], ran.errors


def test_a_file_that_the_program_does_not_load_is_not_kept(migrate: Migrate) -> None:
    ran = migrate.verified(".", "--write", *ASKED, command=f"{sys.executable} server.py {{port}}")
    assert ran.status == 1
    assert f"beside.py:16: IOM951 left alone: `{sys.executable} server.py {{port}}` does not load this file" in ran.errors
    assert (migrate.folder / "beside.py").read_text() == SERVER
    assert "import trio" in (migrate.folder / "server.py").read_text()


def test_a_file_that_is_loaded_when_it_is_needed_is_seen(migrate: Migrate) -> None:
    late = SERVER.replace("    with client:\n", "    import beside\n\n    assert beside.main\n    with client:\n")
    (migrate.folder / "server.py").write_text(late)
    ran = migrate.verified(".", *ASKED, command=f"{sys.executable} server.py {{port}}")
    assert "beside.py: nothing differs" in ran.errors


def test_a_part_that_does_not_start_by_itself_is_verified_by_the_program_that_loads_it(migrate: Migrate) -> None:
    part = SERVER.replace("    main()\n", '    sys.exit("not a program")\n')
    (migrate.folder / "beside.py").write_text(part)
    (migrate.folder / "server.py").write_text(BESIDE)
    ran = migrate.verified(".", "--write", *ASKED)
    assert ran.status == 0
    assert f"beside.py: nothing differs, `{COMMAND.replace('{file}', 'server.py')}`:" in ran.errors
    assert "import trio" in (migrate.folder / "beside.py").read_text()


def test_one_that_no_program_loads_and_that_does_not_start_says_why(migrate: Migrate) -> None:
    (migrate.folder / "beside.py").write_text(SERVER.replace("    main()\n", '    sys.exit("not a program")\n'))
    ran = migrate.verified(".", "--write", *ASKED)
    assert ran.status == 1
    assert "beside.py:16: IOM951 left alone: `" in ran.errors
    assert "not moved yet, does not start: it ended before it was ready: exit status 1" in ran.errors
    assert "not a program" in ran.errors
    assert "server.py: nothing differs" in ran.errors


def test_a_folder_is_started_as_it_was_named(migrate: Migrate) -> None:
    app = migrate.folder / "some app"  # a name that must be quoted
    (app / "inner").mkdir(parents=True)
    (app / "inner" / "part.py").write_text(SERVER)
    (app / "__main__.py").write_text("from inner import part\n\npart.main()\n")
    ran = migrate.verified("some app", "--write", *ASKED, command=f"{sys.executable} {{folder}} {{port}}")
    assert (ran.status, ran.output) == (0, "")
    assert "import trio" in (app / "inner" / "part.py").read_text()


def test_a_package_is_started_from_the_copy(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    app = migrate.folder / "app"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "__main__.py").write_text(SERVER)
    command = f"{sys.executable} -m app {{port}}"
    spoil(monkeypatch, lambda text: text.replace("data.upper()", "data.lower()"))
    assert "IOM950" in migrate.verified("app", *ASKED, command=command).errors
    # Where another copy of the package is what runs, the change is not what was tried.
    monkeypatch.setenv("PYTHONPATH", str(migrate.folder))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    ran = migrate.verified("app", *ASKED, command=command)
    assert ran.status == 1
    assert "IOM951 left alone" in ran.errors
    assert "does not load this file" in ran.errors


def test_what_the_program_writes_is_compared_and_the_folder_of_the_user_is_left_alone(
    migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = migrate.folder / "spool"
    spool.mkdir()
    (spool / "before").write_text("here before\n")
    writes = SERVER.replace(
        "            client.sendall(data.upper())\n", "            client.sendall(data.upper())\n            keep(data)\n"
    )
    writes = writes.replace(
        "def serve", 'def keep(data):\n    with open("spool/mail", "ab") as file:\n        file.write(data)\n\n\ndef serve'
    )
    (migrate.folder / "server.py").write_text(writes)
    asked = ("server.py", "--write", "--unsafe", *ASKED, "--watch", "spool")
    spoil(monkeypatch, lambda text: text.replace("file.write(data)", "file.write(data + b'!')"))
    ran = migrate.verified(*asked)
    assert "IOM950 left alone: the file spool/mail, in `upper, plain`" in ran.errors
    assert (migrate.folder / "server.py").read_text() == writes
    after = migrate.verified("server.py", "--unsafe", *ASKED, "--after", "wc -c < spool/mail")
    assert "IOM950 left alone: what --after prints" in after.errors
    monkeypatch.undo()
    os.chdir(migrate.folder)
    assert migrate.verified(*asked).status == 0
    assert [path.name for path in spool.iterdir()] == ["before"]


def test_what_unsafe_changes_wrongly_is_tried_without_it(migrate: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SERVER[SERVER.index("def serve") : SERVER.index("if __name__")]
    other = other.replace("serve", "look").replace("main", "other").replace("data.upper()", "open('name', 'rb').read()")
    (migrate.folder / "server.py").write_text(SERVER.replace("if __name__", f"{other}if __name__"))
    spoil(monkeypatch, lambda text: text.replace("data.upper()", "data.lower()") if "# iomodels: unsafe" in text else text)
    ran = migrate.verified("server.py", "--write", "--unsafe", *ASKED)
    moved = (migrate.folder / "server.py").read_text()
    assert ran.status == 1
    assert "1 unit left alone" in ran.errors  # it is not known to be right without --unsafe
    assert "nothing differs" in ran.errors
    assert "trio" in moved
    assert "data.upper()" in moved
    assert "unsafe" not in moved


def test_a_file_that_changes_meanwhile_is_left_as_it_is(migrate: Migrate) -> None:
    server = migrate.folder / "server.py"
    ran = migrate.verified("server.py", "--write", *ASKED, "--after", f"echo '# mine' >> {server}")
    assert ran.status == 2
    assert ran.errors == "iomodels: server.py was changed meanwhile, and is left as it is\n"
    assert server.read_text().startswith(SERVER)
    assert server.read_text().endswith("# mine\n")


def test_outside_of_the_working_folder_the_files_own_is_copied(
    migrate: Migrate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "needed.txt").write_text("here")
    needs = SERVER.replace("import threading\n", 'import threading\n\nassert open("needed.txt").read() == "here"\n')
    (elsewhere / "server.py").write_text(needs)
    ran = migrate.verified(str(elsewhere / "server.py"), "--write", *ASKED)
    assert ran.status == 0, ran.errors
    assert "import trio" in (elsewhere / "server.py").read_text()


def test_a_tree_is_copied_as_a_whole_when_the_command_is_given_below_it(
    migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = migrate.folder / "inner"
    inner.mkdir()
    (inner / "run.py").write_text("import sys\n\nsys.path.append('..')\nimport server\n\nserver.main()\n")
    monkeypatch.chdir(inner)
    ran = migrate.verified("../server.py", "--tree", "..", *ASKED, command=f"{sys.executable} run.py {{port}}")
    assert "nothing differs" in ran.errors, ran.errors
    subprocess.run(["git", "apply", "-p1", "-"], cwd=migrate.folder, input=ran.output.replace("../", ""), text=True, check=True)
