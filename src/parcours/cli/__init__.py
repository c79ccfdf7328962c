"""The command line: one file a verb, and no thinking here."""

from __future__ import annotations

import sys

import click

from parcours import __version__
from parcours.cli.audiences import audiences
from parcours.cli.check import check
from parcours.cli.consent import consent
from parcours.cli.coupons import coupons
from parcours.cli.decide import decide
from parcours.cli.door import everywhere
from parcours.cli.due import due
from parcours.cli.evaluate import evaluate
from parcours.cli.explain import explain
from parcours.cli.help import HELP, Verbs
from parcours.cli.identity import identity
from parcours.cli.keys import keys
from parcours.cli.new import new
from parcours.cli.plan import plan
from parcours.cli.publish import publish
from parcours.cli.recommend import recommend
from parcours.cli.report import report
from parcours.cli.run import run
from parcours.cli.segments import segments
from parcours.cli.serve import serve
from parcours.cli.status import status
from parcours.cli.test import test


@click.group(cls=Verbs, context_settings={"help_option_names": list(HELP), "max_content_width": 100})
@click.version_option(__version__, prog_name="parcours")
@everywhere
def parcours(**_: object) -> None:
    """The customer data platform that a retailer owns. Begin with 'parcours new my_shop'."""


_VERBS = (
    new, check, plan, run, publish, status, explain, recommend, report, audiences, coupons, due, decide, segments,
    identity, test, serve, keys, consent, evaluate,
)  # fmt: skip
for _verb in _VERBS:
    parcours.add_command(_verb)


def main() -> None:
    """What the word `parcours` starts."""
    # A terminal that knows no UTF-8 still shows the sentence, with '?' for what it lacks.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    parcours(prog_name="parcours")
