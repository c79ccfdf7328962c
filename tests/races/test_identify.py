"""Many servers hear at once who somebody is: nobody is lost, nobody waits for ever, all say the same afterwards."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing.served import Served, served

CALLS = 4  # browsers; a log-in on more than eight is refused, by the second as by the batch


def whom(server: Served, reader: str, kind: str, value: str) -> str:
    asked = {"identifier": {"kind": kind, "value": value}}
    return str(server.post("/v1/people/look-up", asked, key=reader).json()["person_id"])


def test_two_who_log_in_on_one_browser_at_once_stay_two_and_one_who_does_is_one(database: Database) -> None:
    with ExitStack() as stack:
        _, collect = keys.make(database, "web", ["collect"])
        _, reader = keys.make(database, "desk", ["read"])
        servers = [stack.enter_context(served(database, key=collect)) for _ in range(2)]
        ready = threading.Barrier(2 * len(servers))
        wrong: list[int] = []

        def identify(server: Served, user: str) -> None:
            ready.wait()
            for number in range(CALLS):
                for cookie, who in ((f"shared-{number}", user), (f"own-{number}", "ana")):
                    message = {"anonymousId": cookie, "userId": who, "messageId": f"{cookie}-{who}",
                               "traits": {"email": f"{who}@example.com"}}  # fmt: skip
                    if server.post("/v1/identify", message).status != 200:
                        wrong.append(number)

        threads = [
            threading.Thread(target=identify, args=(server, user)) for server in servers for user in ("ana", "bob")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        said = database.run(Query("n", "How much was said.", "SELECT count(*) AS n FROM live_identifiers"))
        assert said == [{"n": 3 * 3 * CALLS}], "each set of values once, whoever heard it"
        for server in servers:
            ana, bob = whom(server, reader, "login", "ana"), whom(server, reader, "login", "bob")
            assert ana != bob
            for number in range(CALLS):
                assert whom(server, reader, "cookie", f"own-{number}") == ana
                assert whom(server, reader, "cookie", f"shared-{number}") not in (ana, bob)
