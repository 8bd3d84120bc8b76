"""One tree of errors. Rooms raise facts; only the edges know status codes and exit codes.

    RelanceError
    ├── BadInput              what was given cannot be used
    │   ├── FileProblem       a file: missing, empty, cut short, of another format
    │   ├── MappingProblem    a column that is not there, a mapping that fits nothing
    │   ├── QueryError        a segment query, with the place of the fault
    │   │   └── NotAvailableYet
    │   ├── TooCostly         a question that asks for more than its limits
    │   │   ├── QueryTooLong  more time
    │   │   └── QueryTooBig   more memory
    │   ├── ShopRefused       a shop's server does not accept what proves who we are
    │   ├── NewerData         data that a newer version of Relance has written
    │   └── BadSetting        a setting or an option
    ├── NotFound              the thing named does not exist
    ├── Conflict              the thing cannot change now
    │   ├── FolderInUse       another process holds the data folder
    │   └── PortInUse
    ├── NotAllowed            the visitor may not do that
    │   └── NotSignedIn
    ├── TooOften              too many tries; the fact `seconds` says how long to wait
    ├── ShopUnreachable       a shop's server does not answer, or not as its documentation says
    │   └── CursorExpired     the place where a reading stopped is known no more
    ├── NoRoom                the disk is full
    └── Interrupted           stopped on request; what was done is kept

Each error names a text of `locales/*/errors.json` (or of its room's file) and the facts that fill it.
"""

from __future__ import annotations

from relance.words import Language, say


class RelanceError(Exception):
    """Something that Relance can explain: a key of the translation files and its facts."""

    def __init__(self, key: str, **facts: object) -> None:
        self.key = key if "." in key else f"errors.{key}"
        self.facts = facts
        super().__init__(self.key)

    def say(self, language: Language) -> str:
        """What happened and what to do, as one or two sentences."""
        return say(self.key, language, **self.facts)

    def __str__(self) -> str:
        return self.say("en")


class BadInput(RelanceError):
    """What was given cannot be used."""


class FileProblem(BadInput):
    """A file is missing, empty, cut short or of another format."""


class MappingProblem(BadInput):
    """The columns of a file do not fit the mapping."""


class ShopRefused(BadInput):
    """A shop's server does not accept the secrets, or does not let them read what is asked for."""


class NewerData(BadInput):
    """A newer version of Relance has written the data; this one cannot know what it means."""


class BadSetting(BadInput):
    """A setting or an option has a value that it cannot have."""


class QueryError(BadInput):
    """A segment query cannot be understood; `start` and `end` are offsets in code points of `text`."""

    def __init__(self, key: str, text: str, start: int, end: int, **facts: object) -> None:
        self.text, self.start, self.end = text, start, max(end, start + 1)
        super().__init__(key, text=text, start=self.start, end=self.end, **facts)

    @property
    def line(self) -> int:
        """The line of the fault, counted from 1."""
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """The column of the fault, counted from 1."""
        return self.start - (self.text.rfind("\n", 0, self.start) + 1) + 1

    def pointed(self, language: Language) -> str:
        """The sentence, the line of the query and a row of carets under the fault."""
        return f"{self.say(language)}\n{point(self.text, self.start, self.end)}"


def point(text: str, start: int, end: int) -> str:
    """The line of `text` that holds `start`, and under it carets up to `end`."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    shown = text[begin:] if stop < 0 else text[begin:stop]
    width = max(1, min(end, begin + len(shown)) - start)
    return f"{shown}\n{' ' * (start - begin)}{'^' * width}"


class NotAvailableYet(QueryError):
    """The query is right, but it asks for something that this version cannot answer."""


class TooCostly(BadInput):
    """A question asks for more than its limits allow; it was cancelled, and nothing else was held up."""


class QueryTooLong(TooCostly):
    """A question ran longer than it may."""


class QueryTooBig(TooCostly):
    """A question needed more memory than it may."""


class NotFound(RelanceError):
    """The thing named does not exist."""


class Conflict(RelanceError):
    """The thing cannot change now."""


class FolderInUse(Conflict):
    """Another process holds the data folder."""


class PortInUse(Conflict):
    """Another program listens on the port."""


class NotAllowed(RelanceError):
    """The visitor may not do that."""


class ShopUnreachable(RelanceError):
    """A shop's server does not answer, or not as its documentation says; later it may."""


class CursorExpired(ShopUnreachable):
    """A shop's server knows no more where a reading stopped: that part is to be read from its beginning."""


class NoRoom(RelanceError):
    """The disk is full."""


class Interrupted(RelanceError):
    """Stopped on request; what was done is kept and the rest can be resumed."""


class NotSignedIn(NotAllowed):
    """The visitor is not signed in, or gave a wrong name or password."""


class TooOften(RelanceError):
    """Too many tries; the fact `seconds` says how long to wait."""
