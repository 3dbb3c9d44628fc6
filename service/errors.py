"""Errors: every refusal the service can give, each with a stable `type`, its HTTP status and a
plain title.

An operation raises one of these with the facts of the case; the edge turns it into RFC 9457
problem+json. The classes below are the whole table: a client can rely on `type`, and on the facts
named here as members.
"""

from __future__ import annotations

from typing import Any, ClassVar

TYPE_PREFIX = "https://dibs.example/problems/"


class Problem(Exception):
    """A refusal. `detail` is a sentence for people; `facts` are members for programs, never a
    secret or a place.
    """

    type: ClassVar[str] = "problem"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", /, **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.facts = facts
        self.headers: dict[str, str] = {}

    def body(self) -> dict[str, Any]:
        """The problem+json document."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.type,
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            document["detail"] = self.detail
        return document | self.facts


# 400: the request cannot be read.
class BadRequest(Problem):
    type, status, title = "bad-request", 400, "The request cannot be read"


class MalformedJson(Problem):
    type, status, title = "malformed-json", 400, "The body is not JSON that can be read"


class BadCursor(Problem):
    type, status, title = "bad-cursor", 400, "The page cursor is not one of ours"


class SubprotocolNeeded(Problem):
    type, status, title = "subprotocol-needed", 400, "The stream speaks another subprotocol"


# 401, 403: who is asking.
class NotSignedIn(Problem):
    type, status, title = "not-signed-in", 401, "A valid access token is needed"

    def __init__(self, detail: str = "", /, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.headers = {"WWW-Authenticate": "Bearer"}


class TokenExpired(NotSignedIn):
    type, title = "token-expired", "The access token has expired"


class SessionRevoked(NotSignedIn):
    type, title = "session-revoked", "This session was signed out"


class WrongCredentials(NotSignedIn):
    type, title = "wrong-credentials", "The e-mail or the password is wrong"


class RefreshNotValid(NotSignedIn):
    type, title = "refresh-not-valid", "The refresh token is unknown or has expired"


class RefreshReused(NotSignedIn):
    type, title = "refresh-reused", "This refresh token was used before; the session is signed out"


class Suspended(Problem):
    type, status, title = "account-suspended", 403, "This account is suspended"


class NotAllowed(Problem):
    type, status, title = "not-allowed", 403, "This account may not do that"


# 404, 405, 413, 414, 415, 431: what was asked.
class NotFound(Problem):
    """Also the answer for what belongs to somebody else, so that ids cannot be probed."""

    type, status, title = "not-found", 404, "There is no such thing here"


class PushOff(Problem):
    type, status, title = "push-off", 404, "This server pushes nothing"


class MethodNotAllowed(Problem):
    type, status, title = "method-not-allowed", 405, "This path does not take that method"


class BodyTooLarge(Problem):
    type, status, title = "body-too-large", 413, "The body is too large"


class UriTooLong(Problem):
    type, status, title = "uri-too-long", 414, "The path and the query are too long"


class HeadersTooLarge(Problem):
    type, status, title = "headers-too-large", 431, "The headers are too large"


class UnsupportedMedia(Problem):
    type, status, title = "unsupported-media-type", 415, "The body must be application/json"


# 409: the world has moved on.
class Conflict(Problem):
    type, status, title = "conflict", 409, "That no longer fits what is there"


class EmailTaken(Conflict):
    type, title = "email-taken", "There is an account with this e-mail already"


class ProfileNeeded(Conflict):
    type, title = "profile-needed", "A tasker profile is needed first: PUT /v1/taskers/me"


class MarketFixed(Conflict):
    type, title = "market-fixed", "A tasker profile stays in its market"


class OfferExpired(Conflict):
    type, title = "offer-expired", "The offer's deadline has passed"


class OfferDeclined(Conflict):
    type, title = "offer-declined", "This offer was declined"


class OfferWithdrawn(Conflict):
    type, title = "offer-withdrawn", "The offer was withdrawn"


class OfferAccepted(Conflict):
    type, title = "offer-accepted", "This offer was accepted"


class ChoreTaken(Conflict):
    type, title = "chore-taken", "Somebody else called dibs first"


class ChoreCancelled(Conflict):
    type, title = "chore-cancelled", "The client cancelled this chore"


class OverlappingBooking(Conflict):
    type, title = (
        "overlapping-booking",
        "You have a booking that overlaps, or no time to travel between",
    )


class WrongState(Conflict):
    """An action that the lifecycle does not allow from where the thing stands. Facts: `state`,
    `action`.
    """

    type, title = "wrong-state", "That cannot be done in its present state"


class TooEarly(Conflict):
    """Work cannot begin this long before its plan. Facts: `earliest_at`."""

    type, title = "too-early", "That is too long before the planned start"


class ExperimentRuns(Conflict):
    """Facts: `experiment`, the other's id."""

    type, title = "experiment-runs", "A market has one experiment at a time"


class TooLittleRecorded(Conflict):
    """Facts: `days`, how many are recorded."""

    type, title = "too-little-recorded", "Too little has been recorded to tell"


class RulesBroken(Conflict):
    """Facts: `refusals`, a list of `{rule, facts, text}`; `can_be_waived`."""

    type, title = "rules-broken", "The matching rules refuse this offer"


class IdempotencyInProgress(Conflict):
    type, title = "idempotency-in-progress", "A request with this key is still under way"


# 412, 428: edits on what has changed meanwhile.
class OutdatedVersion(Problem):
    type, status, title = "outdated-version", 412, "Somebody changed this since you read it"


class VersionNeeded(Problem):
    type, status, title = "version-needed", 428, "Say which version you edit, with If-Match"


# 422: well-formed, and yet not something that can be meant.
class Invalid(Problem):
    """A field is wrong. Facts: `errors`, a list of `{field, reason, message}`."""

    type, status, title = "invalid", 422, "The request does not describe something possible"

    @classmethod
    def field(cls, field: str, reason: str, message: str, /, **facts: Any) -> Invalid:
        """One wrong field, in the same form as those the schema finds."""
        return cls(message, errors=[{"field": field, "reason": reason, "message": message} | facts])


class AreaNotUsable(Invalid):
    type, title = "area-not-usable", "The area cannot be used"


class OutsideMarket(Invalid):
    type, title = "outside-market", "That place is outside the market"


class UnknownCategory(Invalid):
    type, title = "unknown-category", "The market has no such category"


class UnknownMarket(Invalid):
    type, title = "unknown-market", "There is no such market"


class WindowNotUsable(Invalid):
    type, title = "window-not-usable", "The time window cannot be used"


class DurationNotUsable(Invalid):
    type, title = "duration-not-usable", "A chore takes between 15 minutes and a day"


class EndpointNotUsable(Invalid):
    type, title = "endpoint-not-usable", "The device cannot be pushed to there"


class RateNotUsable(Invalid):
    """Of a budget or of a skill. Facts: `lowest`, `highest`, `currency`."""

    type, title = "rate-not-usable", "The hourly rate is not one that can be meant here"


class HoursNotUsable(Invalid):
    type, title = "hours-not-usable", "The hours cannot be used"


class SweepNotUsable(Invalid):
    """Of a what-if: the field, or one of its values."""

    type, title = "sweep-not-usable", "That cannot be played"


class IdempotencyKeyReused(Invalid):
    type, title = "idempotency-key-reused", "This key was used for another request"


class IdempotencyKeyInvalid(Invalid):
    type, title = "idempotency-key-invalid", "An idempotency key is 1 to 128 visible characters"


# 429, 5xx
class TooManyRequests(Problem):
    type, status, title = "too-many-requests", 429, "Too many requests; try again later"


class InternalError(Problem):
    type, status, title = "internal-error", 500, "Something went wrong on our side"


class NotReady(Problem):
    """The service, or what it needs, is not there at this moment. Answers Retry-After."""

    type, status, title = "not-ready", 503, "The service is not ready"

    def __init__(self, detail: str = "", /, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.headers = {"Retry-After": "1"}


class Busy(NotReady):
    """Too much is under way at once; nothing was done."""

    type, title = "busy", "The service is busy; try again in a moment"


def all_problems() -> list[type[Problem]]:
    """Every kind of refusal, for the documentation and for the test that holds the types unique."""
    found: list[type[Problem]] = []
    queue: list[type[Problem]] = [Problem]
    while queue:
        for kind in queue.pop().__subclasses__():
            found.append(kind)
            queue.append(kind)
    return sorted(found, key=lambda kind: (kind.status, kind.type))
