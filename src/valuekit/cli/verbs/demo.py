"""`valuekit demo`: the whole product in one command, offline."""

from pathlib import Path
from typing import Annotated

import typer

from valuekit.cli import landing
from valuekit.cli.session import Session
from valuekit.errors import UsageError
from valuekit.wording import counted

EXAMPLE = "valuekit demo my-demo --rows 50000 --days 30"


def demo(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to; made if absent.")] = "valuekit-demo",
    *,
    rows: Annotated[int, typer.Option("--rows", min=1, metavar="N", help="Rows of Interaction History.")] = 20_000,
    days: Annotated[int, typer.Option("--days", min=1, metavar="N", help="Days, one file each.")] = 15,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Equal seeds give equal data.")] = 7,
) -> None:
    """Write a small made-up Pega export and a config, land it, print engagement by channel, and write all reports.

    The page with the reports is in the folder, too: it opens in any browser, offline.
    """
    from dataclasses import replace

    from valuekit.cli.output import write
    from valuekit.synthetic import write_demo

    if session.options.config is not None:
        session.narrator.warn("demo writes a config of its own; --config is not used")
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder")
    config = write_demo(target, rows=rows, days=days, seed=seed)
    session.narrator.say(f"wrote about {counted(rows, 'row')} of {counted(days, 'day')}, and {config}", event="demo")
    own = Session(replace(session.options, config=str(config)), session.out, session.err)
    with own.progress() as progress:
        report = own.workspace.ingest(verb="demo", progress=progress)
    landing.narrate(report, own.narrator)
    computed = own.workspace.compute(["engagement"], by=["Channel"])
    write(computed, format="table", output=None, stream=own.out, color=own.color, width=own.width)
    own.out.flush()
    complete = _write_page(own, config)
    for line in _next_steps(config):
        own.narrator.say(line, event="next")
    if report.exit_code or not complete:
        raise typer.Exit(report.exit_code or 4)


def _write_page(session: Session, config: Path) -> bool:
    """Write the page with all reports beside the config; tells whether each could be made."""
    from valuekit.cli.reporting import Place, Task, render

    place = Place(config.with_suffix(".html"))
    complete, _ = render(session, Task(None, None, "html", place, None), None)
    return complete


def _next_steps(config: Path) -> tuple[str, ...]:
    return (
        "Try next:",
        f"  valuekit compute engagement -c {config} --by Channel,Month",
        f"  valuekit compute model_ml_scores -c {config} --by Channel",
        f"  valuekit clv predict -c {config} --by rfm_segment",
        f"  valuekit report ctr_by_channel -c {config} --format terminal",
        f"  valuekit status -c {config}",
        "  valuekit explain Lift",
        f"  valuekit validate {config}",
    )
