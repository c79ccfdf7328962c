"""`parcours report`: one page for whoever decides."""

from __future__ import annotations

from pathlib import Path

import click

from parcours.cli.door import DONE, Door, verb


@click.command(epilog="Example: parcours report --language fr --to report.html")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where to write it; else report.html in the project's folder.")  # fmt: skip
@verb
def report(door: Door, to: Path | None) -> int:
    """Writes the report, one HTML page. Customers, sales, cohorts, segments, identity and the quality of the data."""
    from parcours import flow
    from parcours.web.report import render

    project = door.project()
    page = render(flow.figures(project), door.words.language)
    file = to or project.folder / "report.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")
    door.terminal.json({"ok": True, "file": file.absolute()})
    door.terminal.say("The report is in {file}", file=str(file.absolute()))
    return DONE
