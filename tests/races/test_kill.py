"""The server and PostgreSQL are killed while callers send: what was acknowledged is there, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from parcours.state.database import URL

BENCH = Path(__file__).parents[2] / "bench" / "kill.py"


def test_every_acknowledged_event_is_there_once_and_sending_all_again_changes_nothing() -> None:
    own = {name: value for name, value in os.environ.items() if name != URL}  # a server of others is not ours to kill
    done = subprocess.run([sys.executable, str(BENCH), "--kills", "3", "--seconds", "0.2"], env=own,
                          capture_output=True, text=True, check=False, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["acknowledged"] == found["kept"] > 0
    assert (found["kills"], found["duplicates"], found["missing"], found["changed"]) == (3, 0, 0, False)
