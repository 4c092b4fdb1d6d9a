"""Gate 2: on the candidate, before anyone may read it. Reconciliations are to the cent and cannot be waived."""

from __future__ import annotations

from decimal import Decimal

from pipeline.quality.gate import Gate
from pipeline.quality.identity import Found, as_query
from pipeline.settings import Thresholds

_ZERO = Decimal(0)
_HOSPITAL = ("hospital_id", "currency")

# Opening balance is nothing: the ledger begins with the first event. What it adds up to must be what the marts say.
_ROLL_FORWARD = """
with ledger as (
  select e.hospital_id, e.currency, sum(e.amount) as closing
  from candidate.fct_receivable_events e join candidate.dim_hospitals h using (hospital_id)
  where e.effective_date <= h.business_date group by 1, 2
), balances as (
  select b.hospital_id, b.currency, sum(b.balance) as closing
  from candidate.fct_invoice_balances b join candidate.dim_hospitals h using (hospital_id)
  where b.valid_from <= h.business_date and h.business_date < b.valid_to group by 1, 2
)
select hospital_id, currency, coalesce(l.closing, 0) - coalesce(b.closing, 0) as difference
from ledger l full join balances b using (hospital_id, currency)
"""

_BUCKETS = """
with aging as (
  select distinct on (a.hospital_id, a.currency, a.payer_class, a.bucket) a.hospital_id, a.currency, a.amount
  from candidate.fct_receivables_aging a join candidate.dim_hospitals h using (hospital_id)
  where a.bucket not in ('credit', 'outstanding') and a.as_of_date <= h.business_date
  order by a.hospital_id, a.currency, a.payer_class, a.bucket, a.as_of_date desc
), buckets as (select hospital_id, currency, sum(amount) as amount from aging group by 1, 2
), open_items as (select hospital_id, currency, sum(amount_due) as amount from candidate.outstanding_payments group by 1, 2)
select hospital_id, currency, coalesce(b.amount, 0) - coalesce(o.amount, 0) as difference
from buckets b full join open_items o using (hospital_id, currency)
"""

_SOURCE_INVOICES = """
with visible as (
  select distinct on (r.source_name, r.hospital_id, r.record_key) r.hospital_id, r.total, r.is_deleted
  from raw.invoices r join ops.batches b using (batch_id)
  where r.known_to is null and (b.state = 'accepted' or (b.state = 'landed' and b.run_id = {run_id}))
  order by r.source_name, r.hospital_id, r.record_key, r.version_id desc
), landed as (select hospital_id, sum(total) as total from visible where not is_deleted group by 1
), marts as (select hospital_id, sum(total) as total from candidate.fct_invoices group by 1)
select hospital_id, coalesce(l.total, 0) - coalesce(m.total, 0) as difference
from landed l full join marts m using (hospital_id)
"""
_SOURCE_PAYMENTS = (
    _SOURCE_INVOICES.replace("raw.invoices", "raw.payments")
    .replace("r.total,", "r.amount as total,")
    .replace("sum(total) as total from candidate.fct_invoices", "sum(amount) as total from candidate.fct_payments")
)

_COLLECTED = """
with ledger as (
  select e.hospital_id, e.currency, -sum(e.amount) as amount
  from candidate.fct_receivable_events e join candidate.dim_hospitals h using (hospital_id)
  where e.event_type = 'collected' and e.effective_date <= h.business_date group by 1, 2
), days as (select hospital_id, currency, sum(total_revenue) as amount from candidate.revenue_metrics group by 1, 2)
select hospital_id, currency, coalesce(l.amount, 0) - coalesce(d.amount, 0) as difference
from ledger l full join days d using (hospital_id, currency)
"""

_IDENTITY_COLUMNS = """
select table_name, count(*) as columns from information_schema.columns
where table_schema = 'candidate' and (column_name ~ '(first|last|full|patient)_?name'
  or column_name in ('ssn', 'phone', 'email', 'address', 'date_of_birth', 'birth_date'))
group by 1
"""

_POLICIES = """
select c.relname as table_name, count(p.policyname) as policies
from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'candidate'
join pg_attribute a on a.attrelid = c.oid and a.attname = 'hospital_id' and not a.attisdropped
left join pg_policies p on p.schemaname = 'candidate' and p.tablename = c.relname and c.relrowsecurity
where c.relkind in ('r', 'p') group by 1
"""

_FRESHNESS = """
select h.hospital_id, h.business_date - max(p.payment_date) as days
from candidate.dim_hospitals h join candidate.fct_payments p using (hospital_id)
where p.payment_date <= h.business_date group by h.hospital_id, h.business_date
"""


# Rows that count although something about them cannot be right: shown, never a reason to halt.
_ODD_ROWS = """
with odd as (
  select hospital_id, 'balance of the source' as kind from candidate.fct_invoices
  where is_receivable and balance_difference <> 0
  union all
  select hospital_id, 'due before the invoice date' from candidate.fct_invoices where is_due_before_invoice
  union all
  select hospital_id, 'subtotal, tax and discount' from candidate.fct_invoices where is_total_inconsistent
  union all
  select hospital_id, 'refunded more than paid' from candidate.fct_payments where refunded_amount > amount
), kinds as (
  select hospital_id, kind, count(*) as found from odd group by 1, 2
)
select h.hospital_id, k.kind, coalesce(k.found, 0) as found from candidate.dim_hospitals h left join kinds k using (hospital_id)
"""


def candidate_gates(limits: Thresholds, people: Found) -> list[Gate]:
    """Return the gates on a candidate, with the operator's thresholds; ``people`` is what ``look`` found in it."""
    return [
        Gate(
            "roll_forward", _ROLL_FORWARD, "difference", _ZERO, _ZERO, _HOSPITAL,
            "Opening + billed − collected − adjusted − written off is not the closing balance ({count} hospitals).",
        ),
        Gate(
            "buckets_outstanding", _BUCKETS, "difference", _ZERO, _ZERO, _HOSPITAL,
            "The aging buckets do not add up to what is outstanding ({count} hospitals).",
        ),
        Gate(
            "invoices_source", _SOURCE_INVOICES, "difference", _ZERO, _ZERO, ("hospital_id",),
            "Invoices in the marts are not the invoices that landed ({count} hospitals).",
        ),
        Gate(
            "payments_source", _SOURCE_PAYMENTS, "difference", _ZERO, _ZERO, ("hospital_id",),
            "Payments in the marts are not the payments that landed ({count} hospitals).",
        ),
        Gate(
            "collected_ledger", _COLLECTED, "difference", _ZERO, _ZERO, _HOSPITAL,
            "Collected revenue by day is not what the ledger collected ({count} hospitals).",
        ),
        Gate(
            "identity_columns", _IDENTITY_COLUMNS, "columns", None, _ZERO, ("table_name",),
            "Columns that name a person stand in the marts ({count} tables).",
        ),
        Gate(
            "identity_values", as_query(people), "found", None, _ZERO, ("table_name", "column_name"),
            "Values that look like a person's number or mail stand in the marts ({count} columns).",
        ),
        Gate(
            "row_policies", _POLICIES, "policies", Decimal(2), None, ("table_name",),
            "Tables with a hospital lack their row policies ({count} tables).",
        ),
        Gate(
            "freshness", _FRESHNESS, "days", None, limits.freshness_warn_days, ("hospital_id",),
            "The newest payment is old ({count} hospitals).", severity="warn",
        ),
        Gate(
            "odd_rows", _ODD_ROWS, "found", None, _ZERO, ("hospital_id", "kind"),
            "Rows that count contradict themselves ({count} kinds by hospital).", severity="warn",
        ),
    ]  # fmt: skip
