"""Store credit: `store_credit_accounts`, one row an account, whose money is of its own currency."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import ibis

from relance.profiles import instant_literal
from relance.segments.language.known import KNOWN
from relance.segments.related import Related

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)

STORE_CREDIT: Final = Related(
    KNOWN.functions["store_credit_accounts"],
    "store_credit",
    {
        "balance": lambda account: account.balance,
        "currency": lambda account: account.currency,
        "next_expiry_date": lambda account: account.next_expiry_at,
        "last_credit_date": lambda account: account.last_credit_at,
        "known_at": lambda account: ibis.coalesce(account.last_credit_at, instant_literal(ALWAYS)),
    },
    dates="known_at",
)
