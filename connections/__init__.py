"""How the tenant reaches other systems: configs, connections, mappings, system types and their kit.

Stands on `objects` and `tenants`; the engine in `syncapp.sync` and the logs stand on it.
"""
