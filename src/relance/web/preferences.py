"""The preference centre: no login, no JavaScript; looking changes nothing, a POST counts at once (PRIV-04)."""

from __future__ import annotations

from datetime import date
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from relance import consent, sending, tracking
from relance.house import House
from relance.web.limits import TooMany
from relance.web.rendering import failure, language_for, message, other_language, page
from relance.words import Language, say

EARLIEST: Final = 1900
BOXES: Final = ("marketing", "opens", "profiling")
LARGEST_FORM: Final = 200  # fields


def add_pages(router: APIRouter, house: House) -> None:
    """Add the preference centre."""
    often = TooMany()

    @router.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show_preferences(request: Request, token: str) -> Response:
        reader = _reader(house, token)
        return failure(404, language_for(request)) if reader is None else _shown(request, reader)

    @router.post("/p/{token}")
    async def keep_preferences(request: Request, token: str) -> Response:
        form = await request.form(max_fields=LARGEST_FORM, max_files=0)
        return await run_in_threadpool(_kept, house, often, request, token, form)


def _reader(house: House, token: str) -> tracking.Reader | None:
    if sending.read_token(house.key, "preferences", token) is None:  # a guess costs no transaction
        return None
    with house.store.read() as connection:
        found = tracking.recipient_of(connection, house.key, "preferences", token)
        return None if found is None else tracking.read_wishes(connection, house.warehouse, house.key, *found)


def _kept(house: House, often: TooMany, request: Request, token: str, form: FormData) -> Response:
    reader = _reader(house, token)
    if reader is None:
        return failure(404, language_for(request))
    if often.check(request, house.clock()):
        return message(429, "too_often", language_for(request, reader.language))
    language, now = language_for(request, reader.language), house.clock()
    if form.get("act") == "stop":
        proof = _proof(request, reader, language, "pref_stop_about")
        with house.store.begin() as connection:
            said = proof.evidence(connection, reader.shop, now)
            consent.stop_everything(connection, reader.shop, reader.customer_id, "preference_centre", said, now)
        return page(
            "stopped.html", language, shop_name=reader.shop.name, address=reader.masked_address, again=f"/p/{token}"
        )
    wishes, problem = _wishes(reader, form)
    if problem is None:
        proofs = {
            name: _proof(request, reader, language, f"pref_{name}") for name in ("marketing", "opens", "profiling")
        }
        with house.store.begin() as connection:
            tracking.save_wishes(connection, reader, _agreed(reader, form), wishes, proofs, now)
        reader = _reader(house, token) or reader
    return _shown(request, reader, problem=problem, is_saved=problem is None)


def _proof(request: Request, reader: tracking.Reader, language: Language, wording: str) -> consent.Proof:
    address = request.client.host if request.client else ""
    text = say(f"web.{wording}", language, shop=reader.shop.name, address=reader.masked_address)
    return consent.Proof(text, language, request.headers.get("user-agent", ""), address)


def _agreed(reader: tracking.Reader, form: FormData) -> consent.Agreed:
    ticked = {str(value) for value in form.getlist("channel")}
    return consent.Agreed(frozenset(ticked & set(reader.channels)), "opens" in form, "profiling" in form)


def _wishes(reader: tracking.Reader, form: FormData) -> tuple[consent.Wishes, str | None]:
    """What was chosen, and the text of what cannot be."""
    topics = tuple(topic for topic in consent.TOPICS if topic in form.getlist("topic"))
    frequency = str(form.get("frequency", ""))
    told = tuple(interest for interest in reader.interests if interest in form.getlist("interest"))
    born, problem = _birthday(str(form.get("birth_date", "")).strip())
    chosen = consent.Wishes(
        None if len(topics) == len(consent.TOPICS) else topics,
        frequency if frequency in consent.FREQUENCIES else reader.wishes.frequency,
        born,
        told,
    )
    return chosen, problem


def _birthday(text: str) -> tuple[date | None, str | None]:
    if not text:
        return None, None
    try:
        born = date.fromisoformat(text)
    except ValueError:
        return None, "pref_bad_birthday"
    return (born, None) if born.year >= EARLIEST else (None, "pref_bad_birthday")


def _shown(
    request: Request, reader: tracking.Reader, *, problem: str | None = None, is_saved: bool = False
) -> Response:
    language = language_for(request, reader.language)
    return page(
        "preferences.html",
        language,
        status=400 if problem else 200,
        other=other_language(request, language) if request.method != "POST" else None,
        shop_name=reader.shop.name,
        reader=reader,
        topics=consent.TOPICS,
        frequencies=tuple(consent.FREQUENCIES),
        problem=problem,
        is_saved=is_saved,
    )
