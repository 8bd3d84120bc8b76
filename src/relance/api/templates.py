"""Templates and shared blocks: the list, one document, how it looks, what stands against it, a test send."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from relance import flows, sending
from relance.api.asking import TheHouse, TheLanguage, TheShop, TheVisitor
from relance.api.shapes import Answer, Request
from relance.errors import BadInput
from relance.house import House
from relance.sending import EmailDoc, SharedDoc
from relance.store import Shop
from relance.words import Language, say

router = APIRouter(prefix="/api", tags=["templates"])

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]


class TemplateRow(Answer):
    """A template in the list; version 0 is the ready-made one as it came."""

    template_id: str
    title: str
    channel: Literal["email", "sms", "push"]
    family: str
    languages: list[Language]
    version: int
    ready_made: bool
    changed_at: datetime | None
    used_in: list[str]


class SharedRow(Answer):
    """A shared block: its blocks stand in every template of `used_in`."""

    shared_id: str
    version: int
    changed_at: datetime
    document: SharedDoc
    used_in: list[str]


class Tag(Answer):
    """A fact that texts may ask for."""

    name: str
    kind: str
    always: bool
    parts: list[str]
    about: str


class Templates(Answer):
    """Every template and shared block, and the facts that a text may ask for."""

    templates: list[TemplateRow]
    shared: list[SharedRow]
    tags: list[Tag]


class Version(Answer):
    """A version that was saved."""

    version: int
    saved_at: datetime
    saved_by: str


class Template(Answer):
    """One template with its document and its history, the newest version first."""

    template: TemplateRow
    document: EmailDoc
    versions: list[Version]


class TemplateSave(Request):
    """A document to keep; `based_on` is the version that it was made from."""

    document: EmailDoc
    based_on: int | None = None


class SharedSave(Request):
    """A shared block to keep."""

    document: SharedDoc
    based_on: int | None = None


class TemplateLook(Request):
    """A document, kept or not, to be looked at in one language, as a customer would get it."""

    template_id: Id = "new"
    document: EmailDoc
    language: Language
    customer_id: str | None = None


class TemplateRemark(Answer):
    """Something that stands against sending: where, what, and what to do."""

    level: Literal["stop", "warning", "advice"]
    place: str
    language: Language | None
    what: str
    to_do: str


class Look(Answer):
    """How it looks. `html` and `dark` are to be shown in a frame with the attribute sandbox; `fault`: it cannot be."""

    subject: str
    preheader: str
    html: str
    dark: str
    text: str
    size: int
    fault: str | None
    remarks: list[TemplateRemark]


class TemplateTest(Request):
    """An address for a test, the language, and whom it should be written as."""

    to: Annotated[str, Field(min_length=3, max_length=254)]
    language: Language
    customer_id: str | None = None


class TemplateSearch(Request):
    """Words to look for in all templates; with `replacement` they are changed, unless it is a `dry_run`."""

    words: Annotated[str, Field(min_length=1, max_length=500)]
    replacement: Annotated[str, Field(max_length=500)] | None = None
    dry_run: bool = True


class FoundText(Answer):
    """A text that contains the words."""

    kind: Literal["email", "shared"]
    template_id: str
    place: str
    before: str
    after: str | None


class FoundTexts(Answer):
    """Every text that contains the words."""

    found: list[FoundText]


class PictureRow(Answer):
    """An uploaded picture; `url` is where this server shows it."""

    picture_id: str
    name: str
    width: int
    height: int
    bytes: int
    url: str


class Pictures(Answer):
    """The uploaded pictures, the newest first."""

    pictures: list[PictureRow]


class PictureNew(Request):
    """A PNG, JPEG or GIF in base64."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=3_000_000)]


@router.get("/templates")
def list_templates(house: TheHouse, shop: TheShop, language: TheLanguage) -> Templates:
    """Every template and shared block, and the facts that texts may ask for."""
    with house.store.read() as connection:
        uses = flows.template_uses(connection, shop)
        found = sending.all_templates(connection, shop)
        shared = sending.all_shared(connection, shop)
        where = {one.shared_id: sending.where_used(connection, shop, one.shared_id) for one in shared}
    tags = [
        Tag(
            name=one.name,
            kind=one.kind,
            always=one.always,
            parts=list(one.parts),
            about=say(f"facts.{one.name}", language),
        )
        for one in sending.FACTS.values()
    ]
    return Templates(
        templates=[_row(one, uses, language) for one in found],
        shared=[SharedRow(**one.__dict__, used_in=where[one.shared_id]) for one in shared],
        tags=tags,
    )


@router.post("/templates/look")
def look_at_template(house: TheHouse, shop: TheShop, language: TheLanguage, body: TemplateLook) -> Look:
    """How a document looks, and what stands against sending it."""
    facts = _facts(house, shop, body.customer_id, body.document)
    with house.store.read() as connection:
        remarks = sending.check_template(
            connection, shop, body.template_id, sending.as_data(body.document), house.postal_address
        )
        try:
            seen = sending.look_at(
                connection, shop, body.document, body.language, facts, house.public_url, house.postal_address
            )
        except BadInput as error:
            fault = error.say(language)
            return Look(
                **dict.fromkeys(("subject", "preheader", "html", "dark", "text"), ""),
                size=0,
                fault=fault,
                remarks=_remarks(remarks, language),
            )
    return Look(**seen.__dict__, fault=None, remarks=_remarks(remarks, language))


@router.post("/templates/search")
def search_templates(house: TheHouse, shop: TheShop, visitor: TheVisitor, body: TemplateSearch) -> FoundTexts:
    """Which texts contain the words; with a replacement they are changed in all of them at once."""
    with house.store.begin() as connection:
        if body.replacement is None:
            found = sending.search(connection, shop, body.words)
        else:
            found = sending.replace_everywhere(
                *(connection, shop, body.words, body.replacement, house.clock(), visitor.name), dry_run=body.dry_run
            )
    return FoundTexts(found=[FoundText(**one.__dict__) for one in found])


@router.get("/templates/{template_id}")
def read_template(house: TheHouse, shop: TheShop, language: TheLanguage, template_id: Id) -> Template:
    """One template as it stands."""
    return _template(house, shop, template_id, language)


@router.put("/templates/{template_id}")
def put_template(
    house: TheHouse, shop: TheShop, language: TheLanguage, visitor: TheVisitor, template_id: Id, body: TemplateSave
) -> Template:
    """Keep a new version. 409 when somebody else has saved since `based_on`."""
    data = sending.as_data(body.document)
    with house.store.begin() as connection:
        sending.save_template(connection, shop, template_id, data, house.clock(), visitor.name, based_on=body.based_on)
    return _template(house, shop, template_id, language)


@router.delete("/templates/{template_id}", status_code=204)
def put_template_away(house: TheHouse, shop: TheShop, template_id: Id) -> None:
    """Put the shop's own version away; a ready-made one stands again as it came."""
    with house.store.begin() as connection:
        sending.archive_template(connection, shop, template_id, house.clock())


@router.get("/templates/{template_id}/versions/{version}")
def read_template_version(house: TheHouse, shop: TheShop, template_id: Id, version: int) -> EmailDoc:
    """A template as it was in one version; 0 is the ready-made one."""
    with house.store.read() as connection:
        return sending.template_version(connection, shop, template_id, version)


@router.post("/templates/{template_id}/test", status_code=202)
def test_template(house: TheHouse, shop: TheShop, template_id: Id, body: TemplateTest) -> None:
    """Send a test of the kept template to one address, through the outbox, marked as a test."""
    with house.store.read() as connection:
        document = sending.find_template(connection, shop, template_id).document
    facts = _facts(house, shop, body.customer_id, document)
    with house.store.begin() as connection:
        sending.plan_test(connection, shop, template_id, body.to, body.language, facts, house.key, house.clock())


@router.put("/shared-blocks/{shared_id}")
def put_shared_block(house: TheHouse, shop: TheShop, visitor: TheVisitor, shared_id: Id, body: SharedSave) -> SharedRow:
    """Keep a shared block: every template that holds it shows it from the next message on."""
    data = sending.as_data(body.document)
    with house.store.begin() as connection:
        kept = sending.save_shared(
            connection, shop, shared_id, data, house.clock(), visitor.name, based_on=body.based_on
        )
        return SharedRow(**kept.__dict__, used_in=sending.where_used(connection, shop, shared_id))


@router.delete("/shared-blocks/{shared_id}", status_code=204)
def put_shared_block_away(house: TheHouse, shop: TheShop, shared_id: Id) -> None:
    """Put a shared block away. 409 while templates hold it."""
    with house.store.begin() as connection:
        sending.archive_shared(connection, shop, shared_id, house.clock())


@router.get("/pictures")
def list_pictures(house: TheHouse, shop: TheShop) -> Pictures:
    """The uploaded pictures."""
    with house.store.read() as connection:
        return Pictures(pictures=[_picture(one) for one in sending.pictures(connection, shop)])


@router.post("/pictures", status_code=201)
def add_picture(house: TheHouse, shop: TheShop, visitor: TheVisitor, body: PictureNew) -> PictureRow:
    """Keep a picture; mails show it from this server."""
    try:
        content = base64.b64decode(body.content, validate=True)
    except binascii.Error as error:
        raise BadInput("sending.no_picture") from error
    with house.store.begin() as connection:
        return _picture(sending.keep_picture(connection, shop, body.name, content, house.clock(), visitor.name))


def _template(house: House, shop: Shop, template_id: str, language: Language) -> Template:
    with house.store.read() as connection:
        kept = sending.find_template(connection, shop, template_id)
        versions = sending.template_versions(connection, shop, template_id)
        uses = flows.template_uses(connection, shop)
    return Template(
        template=_row(kept, uses, language),
        document=kept.document,
        versions=[Version(**one.__dict__) for one in versions],
    )


def _row(one: sending.KeptTemplate, uses: Mapping[str, list[str]], language: Language) -> TemplateRow:
    document = one.document
    return TemplateRow(
        template_id=one.template_id,
        title=sending.title_of(document, one.template_id, language),
        channel=document.channel,
        family=document.family,
        languages=list(document.languages()),
        version=one.version,
        ready_made=one.ready_made,
        changed_at=one.changed_at,
        used_in=uses.get(one.template_id, []),
    )


def _facts(house: House, shop: Shop, customer_id: str | None, document: EmailDoc) -> dict[str, Any]:
    """What is known of the customer that the document may ask for; nothing when nobody was named."""
    if customer_id is None:
        return {}
    with house.store.read() as connection:
        asked = flows.asked(connection, shop, {"": sending.wanted_of(connection, shop, document)})
    return flows.person_facts(house.warehouse, shop, customer_id, asked, house.clock())


def _remarks(found: tuple[sending.Remark, ...], language: Language) -> list[TemplateRemark]:
    return [
        TemplateRemark(
            level=one.level,
            place=one.place,
            language=one.language,
            what=one.what(language),
            to_do=one.to_do(language),
        )
        for one in found
    ]


def _picture(one: sending.Picture) -> PictureRow:
    return PictureRow(
        picture_id=one.picture_id,
        name=one.name,
        width=one.width,
        height=one.height,
        bytes=one.bytes,
        url=f"/i/{one.picture_id}",
    )
