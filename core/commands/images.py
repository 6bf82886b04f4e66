"""Image files for the commands that read single pictures."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from core.commands.output import BAD_INPUT, DONE, add_json, complain, say_json
from core.errors import FramemoodError
from core.frame.pictures import DecodedFrame
from core.frame.sources import open_source
from core.settings import Settings


def add_images(parser: ArgumentParser) -> None:
    """Give a command the arguments of those that read images."""
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="an image file; of a video, its first frame"
    )
    add_json(parser)


def for_each(
    arguments: Namespace,
    settings: Settings,
    read: Callable[[DecodedFrame], dict[str, object]],
    show: Callable[[str, dict[str, object]], None],
) -> int:
    """Read each image and show what was found; the bad ones are told of, the others still done.

    Parameters
    ----------
    arguments : Namespace
        With what ``add_images`` added.
    settings : Settings
        For opening.
    read : callable
        Frame -> what was found, ready for JSON.
    show : callable
        (name, what was found) -> prints it for a person.
    """
    status, found = DONE, []
    for name in arguments.images:
        try:
            with open_source(name, settings, trusted=True) as source:
                result = read(next(frame for frame in source if frame.readable))
        except FramemoodError as error:
            complain(str(error))
            status = BAD_INPUT
            continue
        found.append({"image": name, **result})
        if not arguments.json:
            show(name, result)
    if arguments.json:
        say_json(found)
    return status
