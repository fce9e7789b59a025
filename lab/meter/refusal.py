"""What the meter refuses, in words every wire can put into its own error shape."""

from __future__ import annotations


class Refusal(Exception):
    """A request that a provider would refuse: HTTP status, message, error type, parameter and code.

    `rule` names the rule of docs/provider-rules.md that was broken, if it is one of these.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.rule: str | None = None
