"""`parcours test`: the retailer's own tests."""

from __future__ import annotations

import click

from parcours.cli.door import DONE, LOOK, Door, fail, verb


@click.command(epilog="Example: parcours test tests/vip.yaml")
@click.argument("names", nargs=-1)
@verb
def test(door: Door, names: tuple[str, ...]) -> int:
    """Runs the project's own tests. All of tests/*.yaml, or those of the files or names given."""
    from parcours.testing.project_tests import run_tests

    project = door.project()
    stems = tuple(name.rpartition("/")[2].removesuffix(".yaml") for name in names)
    results = []
    for result in run_tests(project, stems):
        results.append(result)
        door.terminal.print(f"{'✓' if result.holds else '✗'} {result.name} ({door.words.seconds(result.seconds)})")
        for failure in result.failures:
            door.terminal.print(f"    {result.place}: {failure}")
    if not results:
        fail("there are no such tests." if names else "this project has no tests: add one under tests/.")
    failed = sum(not result.holds for result in results)
    door.terminal.json({"ok": not failed, "tests": [{**vars(each), "holds": each.holds} for each in results]})
    door.terminal.say("{held} of {n} tests hold.", held=len(results) - failed, n=len(results))
    return LOOK if failed else DONE
