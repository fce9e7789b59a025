"""The lab's exceptions, each with a message and the next step a user can take.

LabError
├── ConfigError          a file under configs/ or compose/ is wrong (file, line, key)
├── UsageError           an option or a name on the command line is wrong
├── EngineError
│   ├── EngineUnavailable    the engine cannot be used at all on this machine
│   ├── InstallError         an image or a package is not available or cannot be built
│   └── StartError           a system never got healthy, or died
├── MeterError           the meter did not answer its control API as expected
└── RecordsError         a run's records are truncated, foreign or unreadable
"""

from __future__ import annotations


class LabError(Exception):
    """Base of every error the lab raises on purpose; `next_step` says what to do about it.

    `log_tail` is the end of what a build, an install or a system logged, if that is what failed.
    """

    def __init__(self, message: str, *, next_step: str = "", log_tail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.log_tail = log_tail

    def __str__(self) -> str:
        return f"{self.message}\n  next: {self.next_step}" if self.next_step else self.message


class ConfigError(LabError):
    """A configuration or compose file is wrong; the message names file, line and key."""


class UsageError(LabError):
    """An option or a name given on the command line is wrong."""


class EngineError(LabError):
    """Something went wrong where systems run."""


class EngineUnavailable(EngineError):
    """The engine cannot be used on this machine at all."""


class InstallError(EngineError):
    """An image or a package is not available or cannot be built."""


class StartError(EngineError):
    """A system never became healthy, or died."""


class MeterError(LabError):
    """The meter did not answer its control API as expected."""


class RecordsError(LabError):
    """A run's records are truncated, foreign or unreadable."""
