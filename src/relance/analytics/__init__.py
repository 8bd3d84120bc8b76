"""What the data says: reports of messages, key figures, one customer's story. Writes nothing."""

from __future__ import annotations

from relance.analytics.advice import Advice, what_next
from relance.analytics.affinity import pairs
from relance.analytics.attribution import WINDOW, human_clicks, orders_beside, orders_owed
from relance.analytics.card import CardConsent, CardSegment, CustomerCard, customer_card
from relance.analytics.catalogue import ProductChange, product_changes
from relance.analytics.directory import ListedCustomer, find_customer, list_customers
from relance.analytics.figures import KeyFigures, MonthRevenue, Phase, key_figures, revenue_by_month
from relance.analytics.quality import Quality, data_quality, masked_addresses, told_finding
from relance.analytics.quality_findings import Finding
from relance.analytics.recommend import Recommended, recommend
from relance.analytics.report import Figures, Money, NotSent, Report, StepFigures, flow_report
from relance.analytics.timeline import TimelineEntry, customer_timeline

__all__ = [
    "WINDOW",
    "Advice",
    "CardConsent",
    "CardSegment",
    "CustomerCard",
    "Figures",
    "Finding",
    "KeyFigures",
    "ListedCustomer",
    "Money",
    "MonthRevenue",
    "NotSent",
    "Phase",
    "ProductChange",
    "Quality",
    "Recommended",
    "Report",
    "StepFigures",
    "TimelineEntry",
    "customer_card",
    "customer_timeline",
    "data_quality",
    "find_customer",
    "flow_report",
    "human_clicks",
    "key_figures",
    "list_customers",
    "masked_addresses",
    "orders_beside",
    "orders_owed",
    "pairs",
    "product_changes",
    "recommend",
    "revenue_by_month",
    "told_finding",
    "what_next",
]
