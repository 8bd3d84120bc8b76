"""What people have a right to: erasure and access, confirmations, and backups that start held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relance import consent, ingest, sending
from relance.house import House, Report, silent
from relance.pipeline.erasing import erase_one, hold_if_restored
from relance.pipeline.intake import only_shop, take_in
from relance.store import Shop

CONFIRMATION: Final = "confirm-subscription"  # the template of the mail that asks for a confirmation


def erase(house: House, shop: Shop, customer_id: str, cause: str) -> consent.Erased:
    """Erase a customer everywhere: the store first, from when on nothing is sent, then files and the warehouse.

    SQLite's file is written anew at once, the warehouse's as soon as no process has it open. Cut short, it is to be
    called again.
    """
    (erased,) = erase_all(house, shop, [customer_id], cause)
    return erased


def erase_all(
    house: House, shop: Shop, customer_ids: Sequence[str], cause: str, report: Report = silent
) -> list[consent.Erased]:
    """Erase several customers; the files are written anew once."""
    take_in(house, shop)
    done = []
    for count, customer_id in enumerate(customer_ids):
        report(phase="erase", done=count, total=len(customer_ids))
        done.append(erase_one(house, shop, customer_id, cause))
    if done:
        house.store.rewrite()
    return done


def note_taken_back(house: House, shop: Shop) -> bool:
    """Write down outside the database what people took back; False when it was restored from a backup.

    Then everything is held, until `release` has applied what the file says.
    """
    with house.store.begin() as connection:
        if hold_if_restored(connection, house, shop):
            return False
        consent.write_journal(connection, shop, house.folder.journal_file, house.clock())
    return True


def is_held(house: House, shop: Shop) -> bool:
    """Whether nothing is sent because this is a backup that was restored and not released."""
    with house.store.read() as connection:
        behind = consent.is_behind(connection, shop, house.folder.journal_file)
        return behind or sending.is_all_held(connection, shop)


def release(house: House, shop: Shop) -> consent.Replayed:
    """Let a restored house send again, after what was taken back since the backup was applied to it.

    What waited in the backup is cancelled: it may have been sent since. Whoever was erased is erased again.
    """
    now = house.clock()
    with house.store.begin() as connection:
        replayed = consent.replay_journal(connection, shop, house.folder.journal_file, now)
        sending.cancel_everything(connection, shop, "sending.restored", now)
    erase_all(house, shop, replayed.erased, "journal")
    with house.store.begin() as connection:
        sending.release(connection, shop, sending.EVERYTHING)
    note_taken_back(house, shop)
    return replayed


def ask_for_confirmation(
    house: House, shop: Shop, address: str, purposes: tuple[str, ...], form: str, proof: consent.Proof
) -> None:
    """Send a mail to an address that a form was given, in which its owner can confirm. Raises TooOften."""
    now = house.clock()
    with house.store.begin() as connection:
        asked = consent.request_confirmation(connection, shop, house.key, address, purposes, form, proof, now)
        url = sending.confirm_url(house.public_url, house.key, asked.number)
        letter = sending.Intent(
            source=f"form:{form}",
            step="confirm",
            occurrence=str(asked.number),
            customer_id=asked.customer_id,
            channel="email",
            purpose="transactional",
            address=asked.address,
            language=asked.language,
            template=CONFIRMATION,
            facts={"confirm_url": url},
            priority=1,
            not_after=asked.expires_at,
        )
        sending.plan(connection, shop, [letter], house.key, now)


def confirm_subscription(house: House, asked: consent.Confirmation, proof: consent.Proof) -> None:
    """Make the owner of an address a customer, if they are none, and enter their consent; done again, nothing."""
    now = house.clock()
    shop = only_shop(house)
    if shop is None:
        return
    body = {
        "source": "form",
        "external_id": asked.customer_id,
        "email": asked.address,
        "language": asked.language,
        "added_at": now.isoformat(),
        "said_at": now.isoformat(),
    }
    with house.store.begin() as connection:
        # the owner's own act opens the address before anything is taken in: of erased people nothing else is
        consent.lift(connection, shop, "email", consent.address_hmac(house.key, "email", asked.address))
        # numbers of erased requests are given again
        name = f"confirmed:{asked.number}:{asked.requested_at.isoformat()}"
        ingest.append(connection, shop, [ingest.Record("customer", name, body)], now)
    take_in(house, shop)
    who = consent.find_person(house.warehouse, consent.canonical_address("email", asked.address))
    with house.store.begin() as connection:
        consent.confirm(connection, shop, house.key, asked, who or asked.customer_id, proof, now)


def personal_data(house: House, shop: Shop, customer_id: str) -> consent.PersonalData:
    """Everything that is kept of a customer."""
    take_in(house, shop)
    whole = consent.whole_person(house.warehouse, customer_id)
    with house.store.read() as connection:
        return consent.personal_data(connection, house.warehouse, shop, whole, house.clock())
