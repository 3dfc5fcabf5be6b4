"""Definitions as files: configs, objects, value maps, connectors and connections as YAML.

Things are known by their names and types, never by numbers of a database, so that a file means
the same in every tenant. Secrets never leave.
"""
