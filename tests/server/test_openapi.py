"""Whatever the interface's description allows, and what it does not, is answered: never with a fault of ours."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from parcours.model.api_key import SCOPES
from parcours.server import keys
from parcours.testing.served import Served

EXAMPLES = int(os.environ.get("PARCOURS_EXAMPLES", "4"))  # of each address, right and wrong: `make test-api` takes more


@pytest.fixture(scope="module")
def caller(running: Served) -> Iterator[requests.Session]:
    """Somebody whose key may do everything."""
    _, key = keys.make(running.database, "web", SCOPES)
    with requests.Session() as session:
        session.headers["Authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        yield session


def test_the_description_is_openapi_3_1_and_names_every_answer_that_is_an_error(running: Served) -> None:
    told = running.ask("GET", "/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert {"/v1/track", "/v1/batch", "/health", "/ready", "/metrics"} <= set(told["paths"])
    for path in ("/v1/track", "/v1/batch"):
        assert {"200", "400", "401", "403", "429"} <= set(told["paths"][path]["post"]["responses"])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_nothing_that_is_sent_breaks_the_server(
    running: Served, caller: requests.Session, mode: GenerationMode
) -> None:
    told = running.ask("GET", "/v1/openapi.json").json()
    operations = [found.ok() for found in schemathesis.openapi.from_dict(told).get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        with suppress(Unsatisfiable):  # where nothing can be wrong
            _try(operation, running.url, caller, mode)


def _try(operation: Any, url: str, caller: requests.Session, mode: GenerationMode) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case: Any) -> None:
        answer = case.call(base_url=url, session=caller, timeout=30)
        assert answer.status_code < 500 or answer.status_code == 503, (operation.label, answer.status_code)
        if answer.status_code >= 400 and "json" in answer.headers.get("content-type", [""])[0]:
            assert answer.headers["content-type"] == ["application/problem+json"], operation.label

    answers()


@settings(max_examples=EXAMPLES * 5, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(path=st.sampled_from(["/v1/track", "/v1/batch", "/v1/identify", "/v1/alias"]), body=st.binary(max_size=200))
def test_no_body_breaks_the_server(running: Served, caller: requests.Session, path: str, body: bytes) -> None:
    assert caller.post(running.url + path, body, timeout=30).status_code < 500
