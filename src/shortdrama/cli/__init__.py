"""The command line: the same services as the page, for terminals and scripts.

Each command is a module that is imported when it is called, so that `--help` answers at once.
An error of the studio is one sentence and exit code 1; a wrong call is exit code 2. Both are said
in Chinese where the locale is; `--help` is English.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from shortdrama import __version__
from shortdrama.cli import access
from shortdrama.cli.memory import loading
from shortdrama.errors import InvalidInput, StudioError
from shortdrama.settings import Settings, SettingsSource, load_settings

app = typer.Typer(
    name="shortdrama",
    help="A studio for vertical drama episodes made from AI-generated shots.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its markup would swallow what stands in brackets
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(access.keys)
app.add_typer(access.users)

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="The studio's folder. [env: SHORTDRAMA_DATA; default: data]",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="A settings file. [default: config.toml in the studio's folder]",
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="NUMBER",
        help="The port to listen on; 0 picks a free one. [env: SHORTDRAMA_PORT; default: 8000]",
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="What this process is called in logs and metrics. "
        "[env: SHORTDRAMA_WORKER; default: the machine's name and the process's number]",
    ),
]


def main() -> None:
    """The entry point of the `shortdrama` command."""
    try:
        app()
    except StudioError as error:
        from shortdrama.cli.language import sentence_of, speak_language

        speak_language()
        typer.echo(f"shortdrama: {sentence_of(error)}", err=True)
        sys.exit(2 if isinstance(error, InvalidInput) else 1)


def settings_from(config: Path | None, **overrides: object) -> Settings:
    return load_settings(SettingsSource(config=config, overrides=overrides))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shortdrama {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def serve(  # noqa: PLR0913, PLR0917 - one for each option of the command
    data: DataOption = None,
    port: PortOption = None,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The address to listen on. Any but this machine's own demands a password in "
            "SHORTDRAMA_PASSWORD. [env: SHORTDRAMA_HOST; default: 127.0.0.1]",
        ),
    ] = None,
    name: NameOption = None,
    work: Annotated[
        bool | None,
        typer.Option(
            "--work/--no-work",
            help="Whether this server makes takes as well, or leaves that to others on the same "
            "PostgreSQL database. [env: SHORTDRAMA_WORK; default: --work]",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Serve the studio to a browser on this machine.

    Ctrl+C stops it; takes that are under way go on at the next start.
    """
    # What is loaded stays: looking for garbage meanwhile costs a seventh of the start.
    gc.disable()
    from shortdrama.cli.serve import serve_studio

    own = {"data": data, "port": port, "host": host, "worker_name": name, "work": work}
    serve_studio(settings_from(config, **own))


@app.command()
def worker(
    data: DataOption = None,
    name: NameOption = None,
    config: ConfigOption = None,
) -> None:
    """Make takes without serving a page, beside servers on the same PostgreSQL database.

    Any number of workers share the work; when one dies, the others go on with its takes.
    """
    with loading():
        from shortdrama.cli.worker import run_worker

    run_worker(settings_from(config, data=data, worker_name=name))


_GENERATE_END = """\
The clip's path (its address, where the studio runs and no --output is given) or the take as
JSON goes to standard output; all else to standard error.

Exit codes: 0 the take is ready; 1 it failed or was cancelled; 2 the call is wrong and nothing was
made; 3 it is not known how it ended, so decide in the studio; 130 you pressed Ctrl+C.
"""


@app.command(epilog=_GENERATE_END)
def generate(  # noqa: PLR0913, PLR0917 - one for each option of the command
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the shot shows.")],
    reference: Annotated[
        list[Path] | None,
        typer.Option(
            "--reference", metavar="FILE", help="A picture to start from; may be given again."
        ),
    ] = None,
    seconds: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="The length. [default: the model's own]"),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Width x height in pixels, such as 720x1280. [default: the model's own]",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="previz-1, or a model that was connected in the settings. [default: previz-1]",
        ),
    ] = None,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_OR_ID",
            help="The connection that makes it, and is paid. Needed where several offer the model.",
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The project, by title or id. [default: the studio's own]"
        ),
    ] = None,
    shot: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help="Add the take to this shot of the project's newest episode, or to the shot with "
            "this id. [default: a new shot]",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Copy the clip to this file or folder. The studio keeps it in any case.",
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Agree to the price, also above the amount that the studio asks at."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the take as the JSON API gives it.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Make one take of a new shot and wait for it.

    Where the studio is running, it does the work and its pages show it. Money is spent only with
    a connected model; what a take is estimated to cost is printed before it is ordered, and above
    an amount that is set in the studio you are asked first.
    """
    from shortdrama.cli.generate import Delivery, Wish, generate_take

    settings = settings_from(config, data=data)
    wish = Wish(
        prompt, tuple(reference or ()), seconds, size, model, project, shot, yes, connection
    )
    sys.exit(generate_take(settings, wish, Delivery(output, as_json)))


@app.command()
def sora2(
    port: Annotated[
        int, typer.Option(metavar="NUMBER", help="The port to listen on; 0 picks a free one.")
    ] = 9000,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The address to listen on. Any but this machine's own demands --key.",
        ),
    ] = "127.0.0.1",
    key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            envvar="SHORTDRAMA_SORA2_KEY",
            help="Demand this bearer key of clients. The variable keeps it out of sight.",
        ),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the Sora 2 protocol alone, with the built-in engine.

    Any client of the protocol can use it, at /v1. It draws animatics, whether it is asked for
    previz-1 or, as programs for OpenAI's API do, for sora-2 or sora-2-pro. The studio itself
    answers at its own address, with the models that are connected there.
    """
    with loading():
        from shortdrama.cli.sora2 import serve_sora2

    serve_sora2(settings_from(config, data=data), host, port, key)


@app.command()
def backup(
    destination: Annotated[
        Path,
        typer.Argument(
            metavar="DESTINATION",
            help="A folder that does not exist yet, or a file ending in .tar.",
        ),
    ],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the whole studio, also while it runs.

    A folder is a studio of its own: `shortdrama serve --data DESTINATION` opens it. Keys of
    connections stay in the keyring and are not copied.
    """
    with loading():
        from shortdrama.cli.backup import back_up

    back_up(settings_from(config, data=data), destination)


@app.command()
def doctor(
    data: DataOption = None,
    config: ConfigOption = None,
    report: Annotated[
        bool,
        typer.Option(
            "--report",
            help="Print every request and its answer too, without keys, for a bug report.",
        ),
    ] = False,
) -> None:
    """Look at this machine, the studio's folder and every connection.

    Costs nothing. The exit code is 0 where nothing failed, else 1. What cannot be known without
    paying is marked ?? and is no failure.
    """
    from shortdrama.cli.doctor import examine

    sys.exit(0 if examine(settings_from(config, data=data), with_reports=report) else 1)
