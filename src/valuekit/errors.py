"""What can go wrong, each with the exit code that scripts may rely on.

Owns the exception types. Never formats for a terminal and never exits the process: the command line does both.
"""

from __future__ import annotations

from typing import ClassVar


class ValuekitError(Exception):
    """Base of every error a user can cause or meet; its message is one plain sentence with a remedy.

    Attributes:
        exit_code: the process exit code that stands for this kind of error.
        error_id: a short stable name, printed behind the message.
    """

    exit_code: ClassVar[int] = 3
    error_id: ClassVar[str] = "error"


class UsageError(ValuekitError):
    """A flag, argument or name that cannot be meant."""

    exit_code = 2
    error_id = "usage"


class ConfigError(ValuekitError):
    """The config is missing, cannot be parsed, or has errors."""

    exit_code = 2
    error_id = "config"


class DataError(ValuekitError):
    """Data or runtime failure; readers still see what they saw before."""

    exit_code = 3
    error_id = "data"


class UnreadableFileError(DataError):
    """One input file that cannot be read; the others are not affected.

    Attributes:
        path: the file as the user would name it.
        reason: what is wrong with it, without the path.
    """

    error_id = "unreadable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class CacheError(DataError):
    """The cache is missing, of another format, or does not hold what was asked for."""

    error_id = "cache"


class LockedError(ValuekitError):
    """Another run holds the cache."""

    exit_code = 75
    error_id = "locked"
