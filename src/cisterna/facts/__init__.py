"""What is known, and from where: drugs, pumps, catheters, guidance, each number with its source."""

from cisterna.facts.cards import Card, Cards
from cisterna.facts.cited import BrokenFacts, Cited, FactsError, cited
from cisterna.facts.device import Catheter, Pump
from cisterna.facts.drug import Drug, Product, Remark
from cisterna.facts.follow import Follow
from cisterna.facts.library import (
    Library,
    Rule,
    Severity,
    Term,
    UnknownFact,
    digest,
    known,
    open_library,
    rows,
    table,
)
from cisterna.facts.limit import Limit, Situation
from cisterna.facts.pathway import Pathway
from cisterna.facts.site import SITE_SCHEMA, Site, SiteRefused, read_site

__all__ = [
    "SITE_SCHEMA",
    "BrokenFacts",
    "Card",
    "Cards",
    "Catheter",
    "Cited",
    "Drug",
    "FactsError",
    "Follow",
    "Library",
    "Limit",
    "Pathway",
    "Product",
    "Pump",
    "Remark",
    "Rule",
    "Severity",
    "Site",
    "SiteRefused",
    "Situation",
    "Term",
    "UnknownFact",
    "cited",
    "digest",
    "known",
    "open_library",
    "read_site",
    "rows",
    "table",
]
