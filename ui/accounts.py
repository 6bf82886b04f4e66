"""Who may log in: names and salted scrypt hashes, never a password.

    python -m ui.accounts ann >> users.txt

asks for a password and prints the line that ``app.py --auth-file users.txt`` reads.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import getpass
import hashlib
import hmac
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SettingsError

# RFC 7914 calls these interactive: about 50 ms and 16 MiB a try.
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_SALT_BYTES: Final = 16
_MARK: Final = "scrypt"
_MOST_COST: Final = 2**20

AT_ONCE: Final = 2
"""Passwords checked at the same time, so that guessing cannot take every core."""

FAILED_WAIT_S: Final = 1.0
"""How long a wrong password is not answered, s; with ``AT_ONCE`` it bounds the guesses."""


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A password as it may be kept."""

    cost: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str) -> PasswordHash:
        """Hash a password with a fresh salt."""
        salt = secrets.token_bytes(_SALT_BYTES)
        return cls(_COST, salt, _digest(password, salt, _COST))

    @classmethod
    def parse(cls, text: str) -> PasswordHash:
        """Read what ``str`` gave.

        Raises
        ------
        ValueError
            Where it is no such text.
        """
        mark, cost_text, salt, digest = text.strip().split("$")
        cost = int(cost_text)
        # More would let one line of the file take all memory at every login.
        if mark != _MARK or not 2 <= cost <= _MOST_COST or cost & (cost - 1):
            raise ValueError(text)
        return cls(cost, base64.b64decode(salt, validate=True), base64.b64decode(digest))

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"{_MARK}${self.cost}${salt}${digest}"

    def fits(self, password: str) -> bool:
        """Whether this is the password, in a time that does not depend on how near it is."""
        return hmac.compare_digest(_digest(password, self.salt, self.cost), self.digest)


class Accounts:
    """Checks names and passwords; ``Blocks.launch(auth=accounts.check)``.

    Parameters
    ----------
    hashes : mapping of str to PasswordHash
        By name.
    failed_wait_s : float
        See ``FAILED_WAIT_S``.
    """

    def __init__(
        self, hashes: Mapping[str, PasswordHash], *, failed_wait_s: float = FAILED_WAIT_S
    ) -> None:
        if not hashes:
            raise SettingsError("there is no user to log in; add one with `python -m ui.accounts`")
        self._hashes = dict(hashes)
        self._failed_wait_s = failed_wait_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        # Checked for names that are not known, which must not be told from known ones.
        self._nobody = PasswordHash.of(secrets.token_urlsafe())

    @classmethod
    def of_pair(cls, pair: str) -> Accounts:
        """One user from ``name:password``."""
        name, colon, password = pair.partition(":")
        if not (name.strip() and colon and password):
            raise SettingsError("--auth takes name:password; neither may be empty")
        return cls({name.strip(): PasswordHash.of(password)})

    @classmethod
    def of_file(cls, path: Path) -> Accounts:
        """Users of a file, a line ``name:hash`` each; empty lines and # lines are passed over."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{path}: cannot be read ({error}); make it with `python -m ui.accounts NAME`"
            ) from error
        hashes = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            name, _, text = line.partition(":")
            try:
                hashes[name.strip()] = PasswordHash.parse(text)
            except ValueError:
                # The line itself may be a password somebody wrote down in clear.
                raise SettingsError(
                    f"{path}: line {number} is not a name and a hash; "
                    "make it with `python -m ui.accounts NAME`"
                ) from None
        return cls(hashes)

    async def check(self, name: str, password: str) -> bool:
        """Whether somebody with this name and password may enter."""
        async with self._turns:
            known = self._hashes.get(name)
            fits = await asyncio.to_thread((known or self._nobody).fits, password)
            if known is None or not fits:
                await asyncio.sleep(self._failed_wait_s)
                return False
            return True


def main(arguments: list[str] | None = None) -> int:
    """Print the line of one user; the password is asked for, or read where there is no terminal."""
    parser = argparse.ArgumentParser(prog="python -m ui.accounts", description=__doc__)
    parser.add_argument("name", help="what the user types as name")
    name = parser.parse_args(arguments).name.strip()
    if not name or ":" in name or name.startswith("#"):
        parser.error("a name is not empty, holds no colon and does not begin with #")
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {name}: ")
        if getpass.getpass("Again: ") != password:
            parser.error("the two passwords are not the same")
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        parser.error("the password is empty")
    sys.stdout.write(f"{name}:{PasswordHash.of(password)}\n")
    return 0


def _digest(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=cost,
        r=_BLOCK,
        p=_PARALLEL,
        # OpenSSL's own limit is just below what the usual cost needs.
        maxmem=256 * _BLOCK * cost,
    )


if __name__ == "__main__":
    raise SystemExit(main())
