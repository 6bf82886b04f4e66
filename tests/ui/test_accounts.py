import asyncio
import io

import pytest

from core.errors import SettingsError
from ui.accounts import Accounts, PasswordHash, main


def may_enter(accounts, name, password):
    return asyncio.run(accounts.check(name, password))


def written(tmp_path, text):
    path = tmp_path / "users.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_printed_line_lets_its_user_in(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("pässword:1$\n"))
    assert main(["ann"]) == 0
    line = capsys.readouterr().out
    assert "pässword" not in line
    accounts = Accounts.of_file(written(tmp_path, f"# users\n\n{line}"))
    accounts._failed_wait_s = 0
    assert may_enter(accounts, "ann", "pässword:1$")
    assert not may_enter(accounts, "ann", "password:1$")
    assert not may_enter(accounts, "bob", "pässword:1$")
    assert not may_enter(accounts, "ann", "")


def test_a_pair_may_hold_colons_in_its_password():
    accounts = Accounts.of_pair("ann:a:b")
    assert may_enter(accounts, "ann", "a:b")


@pytest.mark.parametrize("pair", ["ann", ":secret", "ann:", " :x"])
def test_a_pair_without_a_name_or_a_password_is_refused(pair):
    with pytest.raises(SettingsError, match="name:password"):
        Accounts.of_pair(pair)


@pytest.mark.parametrize(
    "line",
    ["ann:secret", "ann", "ann:scrypt$16384$x$y", "ann:scrypt$1073741824$AAAA$AAAA"],
)
def test_a_password_in_clear_is_refused_and_not_repeated(tmp_path, line):
    with pytest.raises(SettingsError, match="line 1") as refused:
        Accounts.of_file(written(tmp_path, f"{line}\n"))
    assert "secret" not in str(refused.value)


def test_a_file_without_users_lets_nobody_in(tmp_path):
    with pytest.raises(SettingsError, match="no user"):
        Accounts.of_file(written(tmp_path, "# nobody\n"))
    with pytest.raises(SettingsError, match="cannot be read"):
        Accounts.of_file(tmp_path / "none.txt")


def test_the_same_password_hashes_differently_each_time():
    assert str(PasswordHash.of("same")) != str(PasswordHash.of("same"))
