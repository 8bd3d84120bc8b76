"""Pages for everybody: Jinja2, no JavaScript, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from relance.words import LANGUAGES, Language, accepted_language, language_of, say

_pages: Final = Environment(
    loader=PackageLoader("relance.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class OtherLanguage:
    """The link at the foot of a page that shows it in the other language."""

    code: Language
    name: str
    query: str


def page(
    template: str,
    language: Language,
    *,
    status: int = 200,
    other: OtherLanguage | None = None,
    shop_name: str | None = None,
    **facts: object,
) -> HTMLResponse:
    """A page. `t` writes a text of web.json; everything is escaped."""

    def text(key: str, **its_facts: object) -> str:
        return say(f"web.{key}", language, **its_facts)

    html = _pages.get_template(template).render(
        t=text, language=language, other_language=other, shop_name=shop_name, **facts
    )
    return HTMLResponse(html, status_code=status)


def message(status: int, about: str, language: Language, *, back: str | None = None) -> HTMLResponse:
    """A page with a title and a sentence: the texts `<about>_title` and `<about>_about`."""
    return page(
        "message.html",
        language,
        status=status,
        title=say(f"web.{about}_title", language),
        about=say(f"web.{about}_about", language),
        back=back,
        back_label=say("web.to_login", language),
    )


def failure(status: int, language: Language) -> HTMLResponse:
    """The error page of a status code."""
    about = "not_found" if status == 404 else "failure" if status >= 500 else "refused"
    return message(status, about, language)


def language_for(request: Request, default: Language | None = None) -> Language:
    """The language that was asked for: by the address, else `default`, else by the browser; English otherwise."""
    wanted = request.query_params.get("language")
    if wanted in LANGUAGES:
        return language_of(wanted)
    if default is not None:
        return default
    return accepted_language(request.headers.get("accept-language"))


def other_language(request: Request, language: Language) -> OtherLanguage:
    """The link to the same page in the other language."""
    code: Language = "en" if language == "fr" else "fr"
    kept = {name: value for name, value in request.query_params.items() if name != "language"}
    return OtherLanguage(code, say("web.language_name", code), urlencode({**kept, "language": code}))
