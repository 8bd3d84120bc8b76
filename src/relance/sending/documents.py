"""The block document: a mail, a text message or a notification as data, in every language that it is written in.

Conditions are data too (`Show`): they are decided before any markup is made, so that nobody can see another's block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from relance.errors import BadInput
from relance.words import LANGUAGES, Language

LONGEST_TEXT: Final = 10_000
MOST_BLOCKS: Final = 60

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
# one text in each language
Texts = dict[Language, Text]
Url = Annotated[str, Field(max_length=2_000)]
ImageId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Colour = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Channel = Literal["email", "sms", "push"]
# what people may turn off one by one (consent.TOPICS)
Topic = Literal["news", "offers", "advice", "events"]


class Piece(BaseModel):
    """A part of a document; it knows every one of its fields and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Show(Piece):
    """Who sees a block: those for whom everything that is named here holds; an empty list asks nothing."""

    fact: FactName | None = None
    without: FactName | None = None
    segments: tuple[str, ...] = ()
    not_segments: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()


class Base(Piece):
    """What every block may say about itself."""

    show: Show | None = None
    hide_on: Literal["phone", "desktop"] | None = None


class Heading(Base):
    """A title; `small` for one inside the mail."""

    type: Literal["heading"]
    text: Texts
    small: bool = False


class Paragraphs(Base):
    """Text: a blank line parts paragraphs, `- ` begins a point; **strong**, *emphasis* and [a link](address)."""

    type: Literal["text"]
    text: Texts


class Image(Base):
    """An uploaded picture. One that only decorates has an empty `alt`, and says so."""

    type: Literal["image"]
    image: ImageId
    alt: Texts = Field(default_factory=dict)
    decorative: bool = False
    url: Url | None = None


class Button(Base):
    """The one thing to do; `quiet` for a second one beside it."""

    type: Literal["button"]
    label: Texts
    url: Url
    quiet: bool = False


class Divider(Base):
    """A thin line."""

    type: Literal["divider"]


class Products(Base):
    """A grid of products from one fact; without any the block is left out."""

    type: Literal["products"]
    title: Texts
    source: FactName = "products"
    limit: Annotated[int, Field(ge=1, le=12)] = 4


class Basket(Base):
    """What lies in the cart, or what was ordered, with the sum."""

    type: Literal["basket"]
    title: Texts
    source: FactName = "cart"


class Recommendations(Base):
    """Products that were chosen for this person, each with the reason when there is one."""

    type: Literal["recommendations"]
    title: Texts
    source: FactName = "recommended"
    limit: Annotated[int, Field(ge=1, le=12)] = 3


class Coupon(Base):
    """The code of this message. Without `offer` it says itself what it takes off."""

    type: Literal["coupon"]
    label: Texts
    until: Texts
    offer: Texts = Field(default_factory=dict)


class Review(Base):
    """Asks for one to five stars for what was bought."""

    type: Literal["review"]
    title: Texts
    low: Texts
    high: Texts
    source: FactName = "order"


class Quote(Base):
    """The words of somebody: a customer, the founder."""

    type: Literal["quote"]
    text: Texts
    name: Texts


class Survey(Base):
    """Would you recommend us: eleven answers from 0 to 10 (NPS)."""

    type: Literal["survey"]
    question: Texts
    low: Texts
    high: Texts


class ColumnText(Piece):
    """One column, or one step, of several."""

    title: Texts
    text: Texts


class Columns(Base):
    """Two to four short texts beside each other; under each other on a phone. `numbered` makes steps of them."""

    type: Literal["columns"]
    points: Annotated[tuple[ColumnText, ...], Field(min_length=2, max_length=4)]
    numbered: bool = False


class Signature(Base):
    """Who writes."""

    type: Literal["signature"]
    text: Texts


class Mjml(Base):
    """Sections of MJML with Liquid, for developers; a picture is `image:<id>`, never an address."""

    type: Literal["mjml"]
    code: Annotated[str, Field(max_length=30_000)]


class Shared(Base):
    """The blocks of a shared block, wherever it stands."""

    type: Literal["shared"]
    shared: Name


Block = Annotated[
    Heading
    | Paragraphs
    | Image
    | Button
    | Divider
    | Products
    | Basket
    | Recommendations
    | Coupon
    | Review
    | Quote
    | Survey
    | Columns
    | Signature
    | Mjml
    | Shared,
    Field(discriminator="type"),
]
Blocks = Annotated[tuple[Block, ...], Field(max_length=MOST_BLOCKS)]


class EmailDoc(Piece):
    """A message. An e-mail has blocks; a text message (`sms`) and a notification (`push`) have a body instead.

    `title` is what the merchant calls it. `purpose` is the consent it needs; a transactional one needs none. `topic` is
    what it is about, for those who turned that off; without one it goes to everybody who agreed. `because` is what a
    transactional one says at its foot: it comes of an order, or of an address that somebody gave.
    """

    version: Literal[1] = 1
    channel: Channel = "email"
    purpose: Literal["marketing", "transactional"] = "marketing"
    family: Name = "own"
    steps: tuple[str, ...] = ()
    topic: Topic | None = None
    because: Literal["order", "address"] = "order"
    title: Texts
    accent: Colour = "#8a4b2d"
    subject: Texts = Field(default_factory=dict)
    preheader: Texts = Field(default_factory=dict)
    blocks: Blocks = ()
    body: Texts = Field(default_factory=dict)
    url: Url | None = None

    def languages(self) -> tuple[Language, ...]:
        """The languages that it is written in."""
        leading = self.body if self.channel == "sms" else self.subject
        return tuple(one for one in LANGUAGES if leading.get(one))


class SharedDoc(Piece):
    """Blocks that stand in several mails and are kept once."""

    version: Literal[1] = 1
    title: Texts
    blocks: Blocks


DOCUMENT: Final[TypeAdapter[EmailDoc]] = TypeAdapter(EmailDoc)
SHARED: Final[TypeAdapter[SharedDoc]] = TypeAdapter(SharedDoc)


def read_document(name: str, data: Mapping[str, Any]) -> EmailDoc:
    """The document that plain data describes. Raises BadInput that names the place and what is wrong there."""
    try:
        return DOCUMENT.validate_python(data)
    except ValidationError as error:
        raise bad_document(name, error) from error


def read_shared(name: str, data: Mapping[str, Any]) -> SharedDoc:
    """The shared block that plain data describes. Raises BadInput, also for one that holds another."""
    try:
        document = SHARED.validate_python(data)
    except ValidationError as error:
        raise bad_document(name, error) from error
    if shared_in(document.blocks):
        raise BadInput("sending.shared_in_shared", template=name)
    return document


def bad_document(name: str, error: ValidationError) -> BadInput:
    """The first thing that is wrong with a document, by its place."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"]) or "–"
    return BadInput("sending.bad_document", template=name, place=place, reason=first["msg"])


def as_data(document: EmailDoc | SharedDoc) -> dict[str, Any]:
    """The document as plain data, without what was left at its default."""
    return {"version": document.version, **document.model_dump(mode="json", exclude_defaults=True)}


def shared_in(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The shared blocks that stand among these."""
    return tuple(dict.fromkeys(block.shared for block in blocks if isinstance(block, Shared)))


def placed(document: EmailDoc, shared: Mapping[str, SharedDoc]) -> tuple[tuple[Block, tuple[Show, ...]], ...]:
    """The blocks with the shared ones in place, each with every condition under which it stands.

    Raises BadInput for a shared block that is missing.
    """
    return tuple(_placed(document.blocks, shared))


def _placed(blocks: Sequence[Block], shared: Mapping[str, SharedDoc]) -> Iterator[tuple[Block, tuple[Show, ...]]]:
    for block in blocks:
        asked = () if block.show is None else (block.show,)
        if not isinstance(block, Shared):
            yield block, asked
        elif block.shared not in shared:
            raise BadInput("sending.no_shared_block", shared=block.shared)
        else:
            for one in shared[block.shared].blocks:
                yield one, asked if one.show is None else (*asked, one.show)
