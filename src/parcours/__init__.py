"""Parcours: the customer data and personalisation platform that a retailer owns."""

__version__ = "0.1.0"
