"""A run that is killed at any moment publishes all or nothing, and the next one ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from parcours.testing import table_bytes

SCRIPT = Path(__file__).with_name("run_project.py")
KILLS = 20


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(folder)])


def finish(folder: Path) -> float:
    began = time.monotonic()
    assert start(folder).wait() == 0
    return time.monotonic() - began


def difference(left: dict[str, str], right: dict[str, str]) -> list[str]:
    """The files that are not the same in both."""
    return sorted(file for file in left.keys() | right.keys() if left.get(file) != right.get(file))


def test_twenty_kills_at_random_moments_change_nothing(corner_shop: Path, tmp_path: Path) -> None:
    till = corner_shop / "data" / "till"
    newest = sorted(till.glob("*.csv"))[-1]
    held_back = tmp_path / newest.name
    newest.rename(held_back)
    finish(corner_shop)
    old = table_bytes(corner_shop / "warehouse")
    shutil.copy(held_back, newest)

    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(corner_shop, undisturbed)
    length = finish(undisturbed)
    new = table_bytes(undisturbed / "warehouse")
    assert new != old

    pristine = tmp_path / "pristine"
    shutil.copytree(corner_shop, pristine)
    moments = random.Random(20)
    killed = ended = 0
    while killed < KILLS:
        run = start(corner_shop)
        began = time.monotonic()
        try:
            run.wait(moments.uniform(0.1, 0.9) * length)
            length = time.monotonic() - began  # sooner than before: the next are killed sooner too
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        killed += run.wait() == -signal.SIGKILL
        found = table_bytes(corner_shop / "warehouse")
        if found != old:
            # published, by this run or before the kill: then it is all there, and the next kills need a run to kill
            assert difference(found, new) == []
            ended += 1
            shutil.rmtree(corner_shop)
            shutil.copytree(pristine, corner_shop)
        assert ended < 2 * KILLS, "the runs end before they can be killed"
    finish(corner_shop)
    assert difference(table_bytes(corner_shop / "warehouse"), new) == []
