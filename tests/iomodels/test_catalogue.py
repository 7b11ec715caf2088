import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from iomodels import catalogue
from iomodels.catalogue import BEFORE_A_LOOP, CatalogueError, Variant, find, root, variants
from iomodels.contract.case import all_cases
from tests.iomodels.running import ROOT, environment

FILES = {
    "models/__init__.py": "",
    "models/ground/__init__.py": "",
    "models/ground/limits.py": "MOST = 7\n",
    "models/select.py": '"""Wait with select.\n\nMore."""\nSIZE = 1024\nPROFILE = {"capacity": SIZE}\ndef serve(): ...\n',
    "models/pool.py": '"""A pool."""\nfrom models.ground.limits import MOST\nPROFILE = {"capacity": MOST}\ndef serve(): ...\n',
    "models/client.py": '"""A client: it serves nobody."""\nimport nothing_of_this_name\n',
    "models/_shared.py": "def serve(): ...\n",
    "async_models/__init__.py": "",
    "async_models/ground/__init__.py": "",
    "async_models/ground/fork.py": "def serve(): ...\n",
    "async_models/trio/__init__.py": "",
    "async_models/trio/poll.py": '"""As select."""\nPROFILE = {"capacity": 3}\nasync def serve(): ...\n',
    "async_models/trio/epoll.py": '"""One poller."""\nfrom async_models.trio.poll import PROFILE, serve\n',
    "async_models/trio/select.py": '"""On another loop."""\nfrom async_models.trio.poll import serve\nrun(serve, selector=1)\n',
    "async_models/notes/readme.py": "def serve(): ...\n",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with packages of models of its own."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(catalogue, "root", lambda: tmp_path)
    return tmp_path


def test_a_variant_is_a_file_with_a_serve_whatever_else_lies_there(house: Path) -> None:
    assert house.is_dir()
    assert [variant.name for variant in variants()] == [
        "sockets/pool",
        "sockets/select",
        "trio/epoll",
        "trio/poll",
        "trio/select",
    ]


def test_one_that_runs_a_siblings_serve_alike_is_that_sibling_and_is_asked_whether_it_serves(
    house: Path,
) -> None:
    assert house.is_dir()
    assert find("trio/epoll").profile.same_as == "trio/poll"
    assert find("trio/epoll").profile.reason("stop/twice-idle") == "it is trio/poll under another name, which is asked this"
    assert find("trio/epoll").profile.reason("integrity/one-byte") is None
    assert find("trio/poll").profile.same_as is None
    assert find("trio/select").profile.same_as is None


def test_a_file_tells_what_it_is_and_where_it_differs_without_being_imported(house: Path) -> None:
    assert house.is_dir()
    assert find("sockets/select").says == "Wait with select."
    assert find("sockets/select").profile.capacity == 1024
    assert find("pool").profile.capacity == 7
    assert find("trio/epoll").profile.capacity == 3
    assert find("trio/epoll").module == "async_models.trio.epoll"


LOOPS = """
OPTION = "--loop"
LOOPS: dict[str, list[tuple[str, str, str]]] = {"trio": [], "guest": [("select po*", "http/*", "it cannot")]}
"""


def test_each_further_loop_of_a_runtime_is_a_column_with_what_does_not_apply_there(house: Path) -> None:
    (house / "async_models" / "trio" / "__init__.py").write_text(LOOPS)
    assert [variant.name for variant in variants()][-6:] == [
        *("trio/epoll", "trio/poll", "trio/select"),
        *("trio+guest/epoll", "trio+guest/poll", "trio+guest/select"),
    ]
    variant = find("trio+guest/poll")
    assert variant.command("--port", "0")[1:] == ["-m", "async_models.trio.poll", "--loop", "guest", "--port", "0"]
    assert variant.profile.capacity == 3
    assert variant.profile.reason("http/keep-alive") == "it cannot"
    assert find("trio/poll").profile.reason("http/keep-alive") is None
    assert "http/*" not in find("trio+guest/epoll").profile.not_applicable


def test_what_is_said_before_a_loop_runs_is_asked_once(house: Path) -> None:
    (house / "async_models" / "trio" / "__init__.py").write_text(LOOPS)
    asked = "no loop runs yet: trio/poll is asked this"
    assert find("trio/poll").profile.reason("start/bad-arguments") is None
    assert find("trio+guest/poll").profile.reason("start/bad-arguments") == asked
    (house / "async_models" / "trio" / "threads.py").write_text('"""A task each."""\nasync def serve(): ...\n')
    assert find("trio/threads").profile.reason("start/bad-arguments") == asked
    assert find("sockets/select").profile.reason("start/bad-arguments") is None


def test_one_that_is_run_by_another_call_is_asked_it_too(house: Path) -> None:
    (house / "async_models" / "trio" / "prefork.py").write_text("async def serve(): ...\nrun_workers(serve)\n")
    assert find("trio/prefork").profile.reason("start/bad-arguments") is None


def test_the_cases_that_are_asked_once_exist_and_no_asked_one_is_excused() -> None:
    assert set(BEFORE_A_LOOP) <= {case.id for case in all_cases()}
    reasons = {variant.name: variant.profile.reason("start/bad-arguments") for variant in variants()}
    asked = {found[1] for reason in reasons.values() if (found := re.search(r"yet: (\S+) is asked", reason or ""))}
    assert {reasons[name] for name in asked} == {None}


def test_a_selector_makes_no_difference_on_a_loop_that_has_its_own(house: Path) -> None:
    (house / "async_models" / "trio" / "__init__.py").write_text(LOOPS)
    with (house / "async_models" / "trio" / "poll.py").open("a") as poll:
        poll.write("run(serve)\n")
    assert find("trio/select").profile.same_as is None
    assert find("trio+guest/select").profile.same_as == "trio+guest/poll"


def test_loops_that_cannot_be_read_are_named(house: Path) -> None:
    about = house / "async_models" / "trio" / "__init__.py"
    for text in ("LOOPS = {}", "OPTION = '--loop'\nLOOPS = dict()", "OPTION = '--loop'\nLOOPS = {'trio': [], 'guest': ['*']}"):
        about.write_text(text)
        with pytest.raises(CatalogueError, match="its LOOPS cannot be read") as raised:
            variants()
        assert str(about) in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PROFILE = {'capacity': len('x')}\ndef serve(): ...", "len is no constant"),
        ("PROFILE = {'capacity': SIZE}\ndef serve(): ...", "SIZE is no constant"),
        ("PROFILE = {'capacity': 0}\ndef serve(): ...", "capacity is a number of 1 or more"),
        ("PROFILE = {'colour': 'red'}\ndef serve(): ...", "no 'colour'"),
        ("PROFILE = 3\ndef serve(): ...", "PROFILE"),
        ("def serve(:", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(house: Path, text: str, words: str) -> None:
    path = house / "models" / "broken.py"
    path.write_text(text)
    with pytest.raises(CatalogueError, match=words) as raised:
        variants()
    assert str(path) in str(raised.value)


def test_an_unknown_variant_is_told_the_nearest() -> None:
    with pytest.raises(LookupError, match=r"^no variant is called 'sockets/epol'; did you mean sockets/epoll\?$"):
        find("sockets/epol")
    with pytest.raises(LookupError, match=r"did you mean select\?$"):
        find("selekt")


def test_the_catalogue_is_what_lies_in_the_packages() -> None:
    servers = {
        path.stem
        for path in (ROOT / "models").glob("[!_]*.py")
        if any(isinstance(node, ast.FunctionDef) and node.name == "serve" for node in ast.parse(path.read_text()).body)
    }
    assert {variant.model for variant in variants() if variant.runtime == "sockets"} == servers
    assert root() == ROOT


@pytest.mark.parametrize("variant", variants(), ids=lambda variant: variant.name)
def test_every_variant_says_in_a_sentence_what_it_is(variant: Variant) -> None:
    assert variant.says.endswith(".")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with packages called as ours, which end whatever imports them, and a service of the user's own."""
    for name in ("models", "async_models"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('a foreign package was imported')\n")
    (tmp_path / "own.py").write_text("from models.ground.services.upper import service\n")
    return tmp_path


def test_a_variant_starts_from_a_folder_that_has_a_package_of_its_name(foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(foreign)
    assert find("epoll").unavailable() is None


def test_a_service_of_the_user_is_found_in_the_current_folder_beside_our_models(
    foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(foreign)
    find("epoll").launch("own:service").start().stop()


def test_a_package_called_models_of_the_user_stays_what_it_is(foreign: Path) -> None:
    program = "import iomodels.catalogue as c; c.variants(); import models"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=foreign, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (1, "a foreign package was imported\n")


def test_a_variant_that_cannot_run_here_says_why(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys\ndef serve(): ...\nprint('models.absent: no such thing', file=sys.stderr)\nsys.exit(3)\n"
    (house / "models" / "absent.py").write_text(program)
    monkeypatch.chdir(house)
    assert find("absent").unavailable() == "no such thing"
