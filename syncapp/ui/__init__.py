"""Furniture: generic pages, tables, forms, filters, API base, template tags and static files.

Owns how things look and behave in a browser or an API answer. It knows no model and imports
nothing of ours but `syncapp.errors`; whoever uses it says through the protocols of `access`
which rows are his and what the actor may do.
"""
