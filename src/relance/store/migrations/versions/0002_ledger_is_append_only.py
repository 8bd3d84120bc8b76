"""the consent ledger is append-only"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FIXED = (
    "id",
    "shop_id",
    "customer_id",
    "channel",
    "purpose",
    "action",
    "basis",
    "occurred_at",
    "recorded_at",
    "source",
    "personal_commitment",
    "prev_hash",
    "hash",
)
SAME = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in FIXED)
REFUSAL = "the consent ledger is append-only"

POSTGRESQL = (
    f"""CREATE FUNCTION consent_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        IF NEW.evidence::text = '{{}}' AND {SAME} THEN RETURN NEW; END IF;
      END IF;
      RAISE EXCEPTION '{REFUSAL}';
    END $$""",
    """CREATE TRIGGER consent_event_keeps_rows BEFORE UPDATE OR DELETE ON consent_event
    FOR EACH ROW EXECUTE FUNCTION consent_event_is_append_only()""",
    """CREATE TRIGGER consent_event_keeps_all BEFORE TRUNCATE ON consent_event
    FOR EACH STATEMENT EXECUTE FUNCTION consent_event_is_append_only()""",
)
SQLITE = (
    f"""CREATE TRIGGER consent_event_keeps_rows BEFORE DELETE ON consent_event
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER consent_event_keeps_values BEFORE UPDATE OF {", ".join(FIXED)} ON consent_event
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # erasure replaces the evidence, its salt included, by the empty object and nothing else
    f"""CREATE TRIGGER consent_event_keeps_evidence BEFORE UPDATE OF evidence ON consent_event
    WHEN NEW.evidence <> '{{}}'
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
)


def upgrade() -> None:
    """Refuse UPDATE and DELETE on the ledger, whoever asks; only the evidence may become the tombstone `{}`."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
