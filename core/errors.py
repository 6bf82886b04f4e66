"""Every error the program raises on purpose.

    FramemoodError
    ├── SourceError      a file, URL or camera that cannot be read
    ├── ModelError       weights missing, damaged or of the wrong shape
    ├── SessionError     a mood session asked to do what its phase does not allow
    ├── CatalogError     a film catalog that cannot be read or built
    ├── RecordError      a record that cannot be written or read
    └── SettingsError    a setting outside what it may be

Each message is one line for a person: it names the input, says what is wrong
with it and how to mend it. The page and the command line show it as it is.
"""

from __future__ import annotations


class FramemoodError(Exception):
    """Base of all errors below; catch this one to catch them all."""


class SourceError(FramemoodError):
    """A file, URL or camera that cannot be read."""


class ModelError(FramemoodError):
    """Weights that are missing, damaged or of the wrong shape."""


class SessionError(FramemoodError):
    """A mood session asked to do what its phase does not allow."""


class CatalogError(FramemoodError):
    """A film catalog that cannot be read or built."""


class RecordError(FramemoodError):
    """A record that cannot be written or read."""


class SettingsError(FramemoodError):
    """A setting outside what it may be."""
