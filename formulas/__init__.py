"""Formulas: the language in which administrators calculate values, its reference and value maps.

Owns `language` (pure, liftable: standard library, lark and google-re2 only), the value maps of
tenants and the pages about both. May call tenants and the furniture; knows no records: what a
formula looks up comes through a port.
"""
