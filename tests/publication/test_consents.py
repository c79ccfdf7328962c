"""What sources say of consent, where people are reached and when they last bought is published, for who asks first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parcours import flow
from parcours.consent import subject
from parcours.project import load
from parcours.state import Database
from parcours.testing import write_files
from parcours.testing.served import register_of, served

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
FILES = {
    "parcours.toml": '[project]\nname = "shop"\nas_of = "last_data"\n[scores]\npacks = []\n[segments]\npacks = []\n'
                     "[profiles]\npacks = []\n",
    "sources/crm.yaml": """source: crm
kind: files
path: crm.csv
tables:
  customer_records:
    key: [id]
    identifiers: {email: email, phone: phone, loyalty_card: card}
  consents:
    key: [id]
    columns:
      purpose: {value: marketing}
      channel: {value: email}
      granted: {from: optin, map: {"1": "true", "0": "false"}}
      at: optin_at
      text_version: text
      evidence: form
    identifiers: {loyalty_card: card}
""",
    "sources/till.yaml": "source: till\nkind: files\npath: till.csv\ntables:\n  orders:\n    key: [order]\n"
                         "    columns: {order_id: order, order_time: at, net_amount: total, channel: {value: store}}\n"
                         "    identifiers: {loyalty_card: card}\n",
    "crm.csv": "id,email,phone,card,optin,optin_at,text,form\n"
               "1,Ana@Example.com,06 12 34 56 78,C1,1,2026-02-01 10:00:00,v7,sheet 12\n"
               "2,bob@example.com,,C2,0,2026-02-02 10:00:00,v7,sheet 13\n",
    "till.csv": "order,at,card,total\nA1,2026-03-01 10:00:00,C1,12.50\nA2,2026-03-05 11:00:00,C1,7.00\n",
}  # fmt: skip


def test_what_a_run_published_is_what_may_contact_answers_from(tmp_path: Path, database: Database) -> None:
    project = load(write_files(tmp_path / "shop", FILES), flow.kinds())
    flow.run(project, now=NOW, progress=lambda *_: None)
    flow.publish(project, database)
    register = register_of(database)
    (ana,), (bob,) = (register.found(["email"], f"{name}@example.com") for name in ("ana", "bob"))
    assert register.found(["loyalty_card"], "C1") == [ana]
    found = register.may_contact([ana, bob], purpose="marketing", channel="email", at=NOW)
    assert {person: one.code for person, one in found.items()} == {ana: "granted", bob: "denied"}
    assert found[ana].subject == subject("email", "ana@example.com")
    codes = [register.may_contact([one], purpose="service", channel="sms", at=NOW)[one].code for one in (ana, bob)]
    assert codes == ["not_needed", "no_address"]
    (said,) = register.statements(ana)
    assert (said["source"], said["text_version"], said["proof"]) == ("crm", "v7", "sheet 12")
    register.suppress(["ana@example.com"], reason="asked", source="list", now=NOW)
    assert register.may_contact([ana], purpose="marketing", channel="email", at=NOW)[ana].code == "suppressed"
    with database.connection() as connection:
        bought = connection.execute(
            "SELECT person, bought_at FROM consent_people WHERE bought_at IS NOT NULL"
        ).fetchall()
    assert bought == [{"person": ana, "bought_at": datetime(2026, 3, 5, 10, 0, tzinfo=UTC)}]


@pytest.mark.parametrize(("kind", "sent"), [("email", "ANA@example.com"), ("loyalty_card", "C1")])
def test_what_a_site_s_log_in_agrees_to_holds_for_the_customer_whatever_its_user_id_is(
    tmp_path: Path, database: Database, kind: str, sent: str
) -> None:
    """The site logs people in under another kind of identifier, which the register and the batch both go by."""
    files = {**FILES, "sources/site.yaml": f"source: site\nkind: collected\nuser_id: {kind}\n"}
    project = load(write_files(tmp_path / "shop", files), flow.kinds())
    flow.run(project, now=NOW, progress=lambda *_: None)
    flow.publish(project, database)
    register = register_of(database)
    (ana,) = register.found(["email"], "ana@example.com")
    told = {"event": "Signed In", "userId": sent, "anonymousId": "a1", "timestamp": "2026-03-09T10:00:00Z",
            "context": {"consent": {"categoryPreferences": {"marketing": True}}}}  # fmt: skip
    with served(database, project=project) as shop:
        assert shop.post("/v1/track", told).status == 200
    answer = register.may_contact([ana], purpose="marketing", channel="site", at=NOW)
    assert answer[ana].code == "granted"
    (said,) = [row for row in register.statements(ana) if row["channel"] == "site"]
    assert said["source"] == "collected: web"
