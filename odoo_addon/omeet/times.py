"""Instants as omeet writes them, and as Odoo keeps them."""

from odoo import fields


def instant(value):
    """A naive UTC datetime as omeet writes it."""
    return fields.Datetime.to_datetime(value).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def moment(text):
    """What omeet wrote as a naive UTC datetime; ``False`` for nothing."""
    return fields.Datetime.to_datetime(text[:19].replace("T", " ")) if text else False
