"""The shop's templates and shared blocks: every version is kept, and a ready-made one stands until it is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, and_, bindparam, insert, select, update

from relance.errors import BadInput, Conflict, NotFound
from relance.sending.documents import EmailDoc, SharedDoc, as_data, read_document, read_shared, shared_in
from relance.sending.documents_library import library
from relance.sending.locks import lock_by_name
from relance.sending.templates import Template, ready
from relance.store import Shop, among, tables
from relance.words import Language

Kind = Literal["email", "shared"]
TABLE: Final = tables.template
VERSIONS: Final = tables.template_version
# a template as it comes with Relance
READY_MADE: Final = 0
_KEPT: Final = (
    select(TABLE.c.template_id, TABLE.c.version, VERSIONS.c.document, TABLE.c.changed_at)
    .join(
        VERSIONS,
        and_(
            VERSIONS.c.shop_id == TABLE.c.shop_id,
            VERSIONS.c.kind == TABLE.c.kind,
            VERSIONS.c.template_id == TABLE.c.template_id,
            VERSIONS.c.version == TABLE.c.version,
        ),
    )
    .where(TABLE.c.shop_id == bindparam("shop_id"), TABLE.c.kind == bindparam("kind"), TABLE.c.archived_at.is_(None))
    .order_by(TABLE.c.template_id)
)
_NAMED: Final = _KEPT.where(among(TABLE.c.template_id, "ids"))


@dataclass(frozen=True)
class KeptTemplate:
    """A template as it stands; version 0 is the ready-made one."""

    template_id: str
    version: int
    document: EmailDoc
    changed_at: datetime | None

    @property
    def ready_made(self) -> bool:
        """Whether there is a ready-made one under this id."""
        return self.template_id in library()


@dataclass(frozen=True)
class KeptShared:
    """A shared block as it stands."""

    shared_id: str
    version: int
    document: SharedDoc
    changed_at: datetime


@dataclass(frozen=True)
class TemplateVersion:
    """A version that was saved: when and by whom."""

    version: int
    saved_at: datetime
    saved_by: str


def all_templates(connection: Connection, shop: Shop) -> list[KeptTemplate]:
    """Every template of the shop by id: its own, and the ready-made ones that it did not change."""
    own = {one.template_id: one for one in _own(connection, shop, None)}
    ids = sorted({*library(), *own})
    return [own.get(one) or KeptTemplate(one, READY_MADE, library()[one], None) for one in ids]


def find_template(connection: Connection, shop: Shop, template_id: str) -> KeptTemplate:
    """One template as it stands. Raises NotFound."""
    for one in _own(connection, shop, {template_id}):
        return one
    if template_id in library():
        return KeptTemplate(template_id, READY_MADE, library()[template_id], None)
    raise NotFound("sending.unknown_template", template=template_id)


def own_documents(connection: Connection, shop: Shop, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """The documents, as plain data, of those of the templates that the shop made or changed."""
    return {id_: data for id_, _version, data, _at in _rows(connection, shop, "email", template_ids)}


def shared_data(connection: Connection, shop: Shop) -> dict[str, Mapping[str, Any]]:
    """Every shared block of the shop as plain data."""
    return {id_: data for id_, _version, data, _at in _rows(connection, shop, "shared", None)}


def topics_of(connection: Connection, shop: Shop, template_ids: Collection[str]) -> dict[str, str]:
    """What those of the templates that have a topic are about, as they stand."""
    own = {id_: data.get("topic") for id_, data in own_documents(connection, shop, template_ids).items()}
    ready_made = {id_: library()[id_].topic for id_ in set(template_ids) & set(library())}
    return {id_: topic for id_, topic in {**ready_made, **own}.items() if topic is not None}


def all_shared(connection: Connection, shop: Shop) -> list[KeptShared]:
    """Every shared block of the shop by id."""
    rows = _rows(connection, shop, "shared", None)
    return [KeptShared(id_, version, read_shared(id_, data), at) for id_, version, data, at in rows]


def documents_of(connection: Connection, shop: Shop, template_ids: Collection[str]) -> dict[str, EmailDoc]:
    """Those of these templates that there are, by id, as they stand."""
    ready_made = {one: library()[one] for one in template_ids if one in library()}
    return ready_made | {one.template_id: one.document for one in _own(connection, shop, template_ids)}


def shared_of(connection: Connection, shop: Shop) -> dict[str, SharedDoc]:
    """The shared blocks by id, as templates need them."""
    return {one.shared_id: one.document for one in all_shared(connection, shop)}


def save_template(
    connection: Connection,
    shop: Shop,
    template_id: str,
    data: Mapping[str, Any],
    now: datetime,
    by: str,
    *,
    based_on: int | None = None,
) -> KeptTemplate:
    """Keep a template as a new version; one that says what the last one says writes nothing.

    A version stands for all that its mails say: it keeps which versions of shared blocks stood in it.

    Raises BadInput for a document that cannot be rendered at all, and Conflict when `based_on` is not the version that
    stands: somebody else has saved in between.
    """
    document = read_document(template_id, data)
    shared = shared_of(connection, shop)
    for language in document.languages():
        ready(template_id, document, language, shared)
    _save(connection, shop, "email", template_id, as_data(document), now, by, based_on)
    return find_template(connection, shop, template_id)


def save_shared(
    connection: Connection,
    shop: Shop,
    shared_id: str,
    data: Mapping[str, Any],
    now: datetime,
    by: str,
    *,
    based_on: int | None = None,
) -> KeptShared:
    """Keep a shared block as a new version: every template that holds it shows it from the next message on.

    Each of these gets a new version of its own, so that a message's version says which words it had. Raises as
    `save_template` does.
    """
    document = read_shared(shared_id, data)
    for language in document.title:
        ready(shared_id, EmailDoc(title=document.title, subject=document.title, blocks=document.blocks), language)
    _save(connection, shop, "shared", shared_id, as_data(document), now, by, based_on)
    for one in _own(connection, shop, None):
        if shared_id in shared_in(one.document.blocks):
            _save(connection, shop, "email", one.template_id, as_data(one.document), now, by, None)
    return next(one for one in all_shared(connection, shop) if one.shared_id == shared_id)


def archive_template(connection: Connection, shop: Shop, template_id: str, now: datetime) -> None:
    """Put the shop's own version away; a ready-made one stands again as it came. Raises NotFound."""
    find_template(connection, shop, template_id)
    _archive(connection, shop, "email", template_id, now)


def archive_shared(connection: Connection, shop: Shop, shared_id: str, now: datetime) -> None:
    """Put a shared block away. Raises Conflict while templates hold it."""
    used = where_used(connection, shop, shared_id)
    if used:
        raise Conflict("sending.shared_in_use", shared=shared_id, templates=", ".join(used))
    _archive(connection, shop, "shared", shared_id, now)


def template_versions(
    connection: Connection, shop: Shop, template_id: str, kind: Kind = "email"
) -> list[TemplateVersion]:
    """What was saved under an id, the newest first."""
    chosen = select(VERSIONS.c.version, VERSIONS.c.saved_at, VERSIONS.c.saved_by).where(
        VERSIONS.c.shop_id == shop.shop_id, VERSIONS.c.kind == kind, VERSIONS.c.template_id == template_id
    )
    return [TemplateVersion(*row) for row in connection.execute(chosen.order_by(VERSIONS.c.version.desc()))]


def template_version(connection: Connection, shop: Shop, template_id: str, version: int) -> EmailDoc:
    """A template as it was in one version; 0 is the ready-made one. Raises NotFound."""
    if version == READY_MADE and template_id in library():
        return library()[template_id]
    data = connection.execute(
        select(VERSIONS.c.document).where(*_key(shop, "email", template_id), VERSIONS.c.version == version)
    ).scalar_one_or_none()
    if data is None:
        raise NotFound("sending.unknown_template", template=f"{template_id} ({version})")
    return read_document(template_id, data)


def shared_then(connection: Connection, shop: Shop, template_id: str, version: int) -> dict[str, KeptShared]:
    """The shared blocks, by id, as they stood in one version of a template. Raises NotFound."""
    if version == READY_MADE:
        return {}
    held = select(VERSIONS.c.shared).where(*_key(shop, "email", template_id), VERSIONS.c.version == version)
    row = connection.execute(held).one_or_none()
    if row is None:
        raise NotFound("sending.unknown_template", template=f"{template_id} ({version})")
    found = {}
    for shared_id, number in (row.shared or {}).items():
        kept = connection.execute(
            select(VERSIONS.c.document, VERSIONS.c.saved_at).where(
                *_key(shop, "shared", shared_id), VERSIONS.c.version == number
            )
        ).one()
        found[shared_id] = KeptShared(shared_id, number, read_shared(shared_id, kept.document), kept.saved_at)
    return found


def where_used(connection: Connection, shop: Shop, shared_id: str) -> list[str]:
    """The templates that hold a shared block."""
    return [one.template_id for one in all_templates(connection, shop) if shared_id in shared_in(one.document.blocks)]


class Shelf:
    """The templates of one shop, made ready once a version and language."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._versions: tuple[Any, ...] | None = None
        self._own: dict[str, EmailDoc] = {}
        self._numbers: dict[str, int] = {}
        self._shared: dict[str, SharedDoc] = {}
        self._ready: dict[tuple[str, Language], Template] = {}

    def look(self, connection: Connection) -> None:
        """See what was saved since the last look; only then are templates read again."""
        stamps = tuple(
            connection.execute(
                select(TABLE.c.kind, TABLE.c.template_id, TABLE.c.version, TABLE.c.archived_at)
                .where(TABLE.c.shop_id == self.shop.shop_id)
                .order_by(TABLE.c.kind, TABLE.c.template_id)
            ).all()
        )
        if stamps == self._versions:
            return
        own = list(_own(connection, self.shop, None))
        self._own = {one.template_id: one.document for one in own}
        self._numbers = {one.template_id: one.version for one in own}
        self._shared = shared_of(connection, self.shop)
        self._ready = {}
        self._versions = stamps

    def template(self, template_id: str, language: Language) -> Template:
        """One template in one language. Raises NotFound, and BadInput for one that cannot be made ready."""
        found = self._ready.get((template_id, language))
        if found is None:
            document = self._own.get(template_id) or library().get(template_id)
            if document is None:
                raise NotFound("sending.unknown_template", template=template_id)
            found = ready(template_id, document, language, self._shared)
            self._ready[template_id, language] = found
        return found

    def version(self, template_id: str) -> int:
        """The version of a template that stands; 0 is the ready-made one."""
        return self._numbers.get(template_id, READY_MADE)


def _save(
    connection: Connection,
    shop: Shop,
    kind: Kind,
    template_id: str,
    data: Mapping[str, Any],
    now: datetime,
    by: str,
    based_on: int | None,
) -> None:
    # a template and a shared block in it, saved at the same time, would each miss the other's new version
    lock_by_name(connection, f"templates:{shop.shop_id}")
    standing = connection.execute(
        select(TABLE.c.version, TABLE.c.archived_at).where(*_key(shop, kind, template_id, TABLE))
    ).one_or_none()
    version = READY_MADE if standing is None or standing.archived_at is not None else standing.version
    saved = select(VERSIONS.c.version, VERSIONS.c.document, VERSIONS.c.shared)
    both = saved.where(*_key(shop, kind, template_id), VERSIONS.c.version.in_((version, based_on or version)))
    held = {row.version: row for row in connection.execute(both)}
    if based_on is not None and _words(held, based_on) != _words(held, version):
        raise Conflict("sending.template_changed", template=template_id, version=version)
    shared = _shared_numbers(connection, shop, data) if kind == "email" else {}
    if version in held and held[version].document == data and (held[version].shared or {}) == shared:
        return
    new = 1 if standing is None else standing.version + 1
    key = {"shop_id": shop.shop_id, "kind": kind, "template_id": template_id}
    if standing is None:
        connection.execute(insert(TABLE).values(**key, version=new, changed_at=now))
    else:
        changed = update(TABLE).where(*_key(shop, kind, template_id, TABLE), TABLE.c.version == standing.version)
        if connection.execute(changed.values(version=new, archived_at=None, changed_at=now)).rowcount != 1:
            raise Conflict("sending.template_changed", template=template_id, version=new)
    connection.execute(
        insert(VERSIONS).values(**key, version=new, document=data, shared=shared, saved_at=now, saved_by=by)
    )


def _words(held: Mapping[int, Any], version: int) -> Any:
    """What somebody who saves was looking at: a version that only has newer shared blocks says the same."""
    return held[version].document if version in held else version


def _shared_numbers(connection: Connection, shop: Shop, data: Mapping[str, Any]) -> dict[str, int]:
    """The version that stands of each shared block in a document."""
    named = {block["shared"] for block in data.get("blocks", ()) if block["type"] == "shared"}
    return {id_: version for id_, version, *_ in _rows(connection, shop, "shared", named)} if named else {}


def _archive(connection: Connection, shop: Shop, kind: Kind, template_id: str, now: datetime) -> None:
    put_away = update(TABLE).where(*_key(shop, kind, template_id, TABLE), TABLE.c.archived_at.is_(None))
    if connection.execute(put_away.values(archived_at=now, changed_at=now)).rowcount != 1:
        raise BadInput("sending.nothing_to_archive", template=template_id)


def _own(connection: Connection, shop: Shop, ids: Collection[str] | None) -> Iterator[KeptTemplate]:
    for id_, version, data, changed_at in _rows(connection, shop, "email", ids):
        yield KeptTemplate(id_, version, read_document(id_, data), changed_at)


def _rows(
    connection: Connection, shop: Shop, kind: Kind, ids: Collection[str] | None
) -> list[tuple[str, int, Mapping[str, Any], datetime]]:
    all_of = {"shop_id": shop.shop_id, "kind": kind}
    rows = connection.execute(_KEPT, all_of) if ids is None else connection.execute(_NAMED, {**all_of, "ids": ids})
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _key(shop: Shop, kind: Kind, template_id: str, table: Any = VERSIONS) -> tuple[ColumnElement[bool], ...]:
    return table.c.shop_id == shop.shop_id, table.c.kind == kind, table.c.template_id == template_id
