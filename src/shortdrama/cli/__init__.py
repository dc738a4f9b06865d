"""The command line: the same services as the page, for terminals and scripts.

Each command is a module that is imported when it is called, so that `--help` answers at once.
An error of the studio is one sentence and exit code 1; a wrong call is exit code 2.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from shortdrama import __version__
from shortdrama.errors import StudioError
from shortdrama.settings import Settings, SettingsSource, load_settings

app = typer.Typer(
    name="shortdrama",
    help="A studio for vertical drama episodes made from AI-generated shots.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="The studio's folder. [env: SHORTDRAMA_DATA; default: data]"),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="A settings file. [default: config.toml in the data folder]"),
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", help="0 picks a free one. [env: SHORTDRAMA_PORT; default: 8000]"),
]


def main() -> None:
    """The entry point of the `shortdrama` command."""
    try:
        app()
    except StudioError as error:
        typer.echo(f"shortdrama: {error.message}", err=True)
        sys.exit(1)


def settings_from(config: Path | None, **overrides: object) -> Settings:
    return load_settings(SettingsSource(config=config, overrides=overrides))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shortdrama {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    data: DataOption = None,
    port: PortOption = None,
    host: Annotated[
        str | None,
        typer.Option(help="Beyond loopback a password is demanded: SHORTDRAMA_PASSWORD."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Serve the studio to a browser on this machine."""
    from shortdrama.cli.serve import serve_studio

    serve_studio(settings_from(config, data=data, port=port, host=host))


@app.command()
def generate(  # noqa: PLR0913, PLR0917 - one for each option of the command
    prompt: Annotated[str, typer.Argument(help="What the shot shows.")],
    reference: Annotated[
        list[Path] | None,
        typer.Option("--reference", help="A picture to start from; may be given again."),
    ] = None,
    seconds: Annotated[int | None, typer.Option(help="Length of the take.")] = None,
    size: Annotated[str | None, typer.Option(help="Width x height, such as 720x1280.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A connected model. [default: previz-1]")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the clip goes besides the studio.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Make one take and wait for it. What it makes is in the studio too."""
    from shortdrama.cli.generate import Wish, generate_take

    settings = settings_from(config, data=data)
    wish = Wish(prompt, tuple(reference or ()), seconds, size, model)
    generate_take(settings, wish, output)


@app.command()
def sora2(
    port: Annotated[int, typer.Option(help="0 picks a free one.")] = 9000,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    key: Annotated[
        str | None,
        typer.Option(envvar="SHORTDRAMA_SORA2_KEY", help="Demand this bearer key of clients."),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the Sora 2 protocol alone, with the built-in engine, for any client of it."""
    from shortdrama.cli.sora2 import serve_sora2

    serve_sora2(settings_from(config, data=data), host, port, key)


@app.command()
def backup(
    destination: Annotated[Path, typer.Argument(help="A new folder, or a file ending in .tar.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the whole studio, also while it runs."""
    from shortdrama.cli.backup import back_up

    back_up(settings_from(config, data=data), destination)


@app.command()
def doctor(data: DataOption = None, config: ConfigOption = None) -> None:
    """Look at this machine, the data folder and every connection. Costs nothing."""
    from shortdrama.cli.doctor import examine

    sys.exit(0 if examine(settings_from(config, data=data)) else 1)
