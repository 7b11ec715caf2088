"""The pages of the rules: each has one, made from its file, and tables lead to it."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sphinx.application import Sphinx

from guide.ext.rules import page, plain, write
from iomodels.migrate.explain import explain
from iomodels.migrate.rule import all_rules, rule_called
from tests.guide.conftest import Site


def app(folder: Path) -> Sphinx:
    return cast("Sphinx", SimpleNamespace(srcdir=str(folder)))


def test_a_page_has_the_example_with_its_place_the_tabs_the_trap_and_the_case() -> None:
    told = explain(rule_called("IOM102"))
    text = page(told, "Thread per connection")
    assert text.startswith("# IOM102 accept-thread\n")
    assert ":emphasize-lines: 13\n" in text
    assert told.rule.example in text
    assert re.findall(r"^:sync: (\w+)$", text, re.MULTILINE) == ["asyncio", "trio", "anyio"]
    assert told.rule.trap in text
    assert "[limits/handler-raises](../../contract.md#limitshandler-raises): A service that raises" in text
    assert "[Thread per connection](../../recipes/thread_per_connection.md)" in text
    assert "(../../../iomodels/migrate/rules/accept_thread.py)" in text


def test_what_is_no_markdown_is_not_taken_for_it() -> None:
    told = explain(rule_called("IOM102"))
    rule = replace(told.rule, trap="sock_* and <b>, a[0], __init__ and `x*y*z`")
    text = page(replace(told, rule=rule), "")
    assert r"sock_\* and \<b>, a\[0], \__init__ and `x*y*z`" in text
    assert plain("a_b") == "a_b"


def test_pages_are_written_for_all_rules_and_removed_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "migrate" / "rules"
    write(app(tmp_path))
    assert not folder.exists()  # a guide without the page that lists them
    folder.mkdir(parents=True)
    folder.with_suffix(".md").write_text("# Rules\n")
    (folder / "IOM100.md").write_text("# of a rule that is gone\n")
    (folder / "IOM101.md").write_text("# of a rule that was another\n")
    write(app(tmp_path))
    assert sorted(path.name for path in folder.iterdir()) == [f"{rule.code}.md" for rule in all_rules()]
    assert (folder / "IOM101.md").read_text().startswith("# IOM101 accept-loop\n")


def test_a_page_that_is_as_it_should_be_is_not_written_again(tmp_path: Path) -> None:
    """Sphinx would read it again."""
    (tmp_path / "migrate").mkdir()
    (tmp_path / "migrate" / "rules.md").write_text("# Rules\n")
    write(app(tmp_path))
    path = tmp_path / "migrate" / "rules" / "IOM101.md"
    path.chmod(0o400)
    before = path.stat()
    write(app(tmp_path))
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.xdist_group("guide")
@pytest.mark.timeout(300)  # it may be the one that builds the guide
def test_the_site_has_a_page_for_each_rule_and_the_table_leads_there(site: Site) -> None:
    table = (site.html / "migrate" / "rules.html").read_text(encoding="utf-8")
    for rule in all_rules():
        assert f'href="../migrate/rules/{rule.code}.html"' in table
        shown = (site.html / "migrate" / "rules" / f"{rule.code}.html").read_text(encoding="utf-8")
        assert f"<h1>{rule.code} {rule.name}<" in shown
        assert re.findall(r'data-sync-id="(\w+)"', shown) == ["asyncio", "trio", "anyio"]
        assert 'class="hll"' in shown


@pytest.mark.xdist_group("guide")
@pytest.mark.timeout(300)  # it may be the one that builds the guide
def test_a_rules_page_leads_to_its_file(site: Site) -> None:
    shown = (site.html / "migrate" / "rules" / "IOM102.html").read_text(encoding="utf-8")
    address = "../../source/iomodels/migrate/rules/accept_thread.py.html"
    assert f'href="{address}"' in shown
    assert (site.html / "migrate" / "rules" / address).resolve().is_file()
