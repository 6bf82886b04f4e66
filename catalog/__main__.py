"""The catalog's command line: ``python -m catalog import|build|verify``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from catalog.store import FILE
from core.errors import CatalogError, FramemoodError
from core.mood.catalog import Catalog


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give back its exit status: 0 done, 1 bad input, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m catalog", description="The film catalog.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_import(commands.add_parser("import", help="make the catalog from a file of film facts"))
    _add_build(
        commands.add_parser("build", help="make the catalog from TMDB; goes on after a stop")
    )
    _add_verify(commands.add_parser("verify", help="check the catalog and its stored distances"))
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        status: int = arguments.run(arguments)
    except FramemoodError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; finished pages are kept", file=sys.stderr)
        return 130
    return status


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines, a film a line")
    parser.add_argument("--out", type=Path, default=FILE, help="the catalog to write")
    parser.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    from catalog.facts import import_facts  # noqa: PLC0415

    films, aside = import_facts(arguments.file, arguments.out)
    print(f"{films} films in {arguments.out.name}, {aside} rows set aside in unmatched.jsonl")
    return 0


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=FILE, help="the catalog to write")
    parser.add_argument("--work", type=Path, help="folder of checkpoints; default beside --out")
    parser.add_argument("--region", default="KR", help="where the films can be watched")
    parser.add_argument("--min-rating", type=float, default=6.0)
    parser.add_argument("--min-votes", type=int, default=200)
    parser.add_argument("--pages", type=int, default=250, help="of 20 films, 1 to 500")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="for palettes")
    parser.add_argument("--dask", default="", metavar="ADDRESS", help="measure palettes there")
    parser.add_argument("--rate", type=float, default=30.0, help="requests a second at most")
    parser.add_argument("--quiet", action="store_true", help="draw no progress bar")
    parser.set_defaults(run=_build)


def _build(arguments: argparse.Namespace) -> int:
    from catalog.build import Query, build  # noqa: PLC0415
    from catalog.tmdb import Access, Tmdb  # noqa: PLC0415

    # Asked this way round, since NaN is neither above nor below.
    if not arguments.rate > 0:
        raise CatalogError(f"--rate {arguments.rate}: give requests a second above 0")
    if not 0 <= arguments.min_rating <= 10:
        raise CatalogError(f"--min-rating {arguments.min_rating}: give a rating from 0 to 10")
    if not 1 <= arguments.pages <= 500:
        raise CatalogError(f"--pages {arguments.pages} is outside 1 to 500; TMDB gives no more")
    query = Query(arguments.region, arguments.min_rating, arguments.min_votes, arguments.pages)
    built = build(
        Tmdb(replace(Access.from_environment(), requests_per_s=arguments.rate)),
        query,
        arguments.out,
        arguments.work or arguments.out.with_name("build"),
        processes=arguments.processes,
        dask_address=arguments.dask,
        progress=not arguments.quiet,
    )
    print(
        f"{built.films} films of {built.pages} pages in {arguments.out.name}, "
        f"{built.unmatched} set aside in unmatched.jsonl"
    )
    return 0


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="?", default=FILE, metavar="FILE")
    parser.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    catalog = Catalog.load(arguments.file)
    doubled = len(catalog) - len(set(catalog.ids.tolist()))
    if catalog.rejected or doubled:
        first = f"; the first: {catalog.rejected[0][1]}" if catalog.rejected else ""
        raise CatalogError(
            f"{arguments.file.name}: {len(catalog.rejected)} broken rows, {doubled} doubled ids"
            f"{first}; build or import it again"
        )
    shape = catalog.distances.distance.shape
    print(f"{arguments.file.name}: {len(catalog)} films, all sound; distances {shape} are current")
    return 0


if __name__ == "__main__":
    sys.exit(main())
