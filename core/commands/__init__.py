"""The subcommands of ``python -m core``: a module each, with ``add_parser`` and ``run``."""
