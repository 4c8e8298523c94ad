"""`ostinato completion`: its argument."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script by which a shell completes this command.

    Commands, options, choices, and the ids and types of executions, for which the engine is asked.

    \b
    bash:  echo 'eval "$(ostinato completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(ostinato completion zsh)"' >> ~/.zshrc
    fish:  ostinato completion fish > ~/.config/fish/completions/ostinato.fish
    """  # noqa: D301  # click's mark for lines to be left alone is a backspace
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # --help does without

    from ostinato.cli import main  # noqa: PLC0415  # it imports this

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click does not know {shell}.")
    click.echo(found(main, {}, "ostinato", "_OSTINATO_COMPLETE").source())
