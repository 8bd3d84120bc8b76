"""The rooms in the order in which data flows through them, and the acts that go through several of them."""

from __future__ import annotations

from relance.pipeline.errands import (
    SIMULATED,
    fetch_pictures,
    makers_of_codes,
    refill_offers,
    run_errands,
    save_offer,
)
from relance.pipeline.intake import (
    RECENT,
    decide_merge,
    follow_merged,
    import_bulk,
    import_files,
    outside,
    pull,
    pull_due,
    settle_merges,
    take_in,
)
from relance.pipeline.order import advance, keep_up, look_around, post, receive, refresh, send, tend_offers
from relance.pipeline.privacy import (
    CONFIRMATION,
    ask_for_confirmation,
    confirm_subscription,
    erase,
    erase_all,
    is_held,
    note_taken_back,
    personal_data,
    release,
)

__all__ = [
    "CONFIRMATION",
    "RECENT",
    "SIMULATED",
    "advance",
    "ask_for_confirmation",
    "confirm_subscription",
    "decide_merge",
    "erase",
    "erase_all",
    "fetch_pictures",
    "follow_merged",
    "import_bulk",
    "import_files",
    "is_held",
    "keep_up",
    "look_around",
    "makers_of_codes",
    "note_taken_back",
    "outside",
    "personal_data",
    "post",
    "pull",
    "pull_due",
    "receive",
    "refill_offers",
    "refresh",
    "release",
    "run_errands",
    "save_offer",
    "send",
    "settle_merges",
    "take_in",
    "tend_offers",
]
