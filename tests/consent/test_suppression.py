"""An address that is suppressed stays so, and nothing of it is kept that could be read."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

from parcours.consent import Register, same_as_before, secret
from parcours.consent.secret import Secret
from parcours.consent.suppression import in_one_form
from parcours.state import StateFault
from parcours.state.queries import Query

from .conftest import NOW

ROWS = Query("rows", "All.", "SELECT hash, reason FROM suppressions ORDER BY hash")


def test_only_the_keyed_hash_is_kept(register: Register) -> None:
    register.suppress(["ana@example.com"], reason="erased", source="list", now=NOW)
    (row,) = register.database.run(ROWS)
    key = hmac.new(register.secret.key, b"addresses", hashlib.sha256).digest()
    assert bytes(row["hash"]) == hmac.new(key, b"email:ana@example.com", hashlib.sha256).digest()


def test_the_database_hashes_as_python_does() -> None:
    made = Secret(b"k" * 32)
    halves = made.for_addresses()
    inner = hashlib.sha256(halves["inner"] + b"phone:+33612345678").digest()
    assert hashlib.sha256(halves["outer"] + inner).digest() == made.address("phone", "+33612345678")


def test_a_list_is_read_with_or_without_heads_and_its_wrong_lines_are_told(register: Register) -> None:
    lines = [
        "\ufeffname;email\n",
        "Ana; Ana@Example.com\n",
        "\n",
        "# a remark\n",
        'Bo;"bo@example.com"\n',
        "Cy;none\n",
        "Di\n",
    ]
    told = register.suppress(lines, reason="asked", source="list", now=NOW)
    assert (told.new, told.known, told.wrong) == (2, 0, [6, 7])
    again = register.suppress(
        ["ana@example.com", "+33 6 12 34 56 78", "06 12 34 56 78"], reason="asked", source="l", now=NOW
    )
    assert (again.new, again.known) == (1, 1), "the same number written in two ways is one"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (" Ana@Example.COM ", ("email", "ana@example.com")),
        ("ana@localhost", None),
        ("a b@example.com", None),
        ("@example.com", None),
        ("x" * 250 + "@example.com", None),
        ("<ana@example.com>", None),
        ("06 12 34 56 78", ("phone", "+33612345678")),
        ("+44 20 7946 0958", ("phone", "+442079460958")),
        ("12", None),
        ("'; DROP TABLE suppressions; --", None),
        ("", None),
    ],
)
def test_an_address_has_one_form(text: str, form: tuple[str, str] | None) -> None:
    assert in_one_form(text, "FR") == form


def test_a_bounced_address_stays_bounced_whoever_complains_later(register: Register) -> None:
    for reason in ("complained", "bounced", "asked"):
        register.suppress(["ana@example.com"], reason=reason, source="list", now=NOW)
    assert [row["reason"] for row in register.database.run(ROWS)] == ["bounced"]


def test_a_secret_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    made = secret(None, tmp_path / "state")
    assert secret(None, tmp_path / "state") == made
    (file,) = (tmp_path / "state").iterdir()
    assert (file.stat().st_mode & 0o077, len(file.read_bytes())) == (0, 32)
    file.write_bytes(b"short")
    with pytest.raises(StateFault, match="bring it back"):
        secret(None, tmp_path / "state")
    with pytest.raises(StateFault, match="at least 16"):
        secret("short", tmp_path)
    assert b"a secret that is long" not in repr(secret("a secret that is long", tmp_path)).encode()


def test_another_secret_is_refused_for_it_would_know_no_address_again(register: Register) -> None:
    same_as_before(register.database, register.secret)
    with pytest.raises(StateFault, match="not the secret with which addresses were suppressed"):
        same_as_before(register.database, Secret(b"another".ljust(32)))
