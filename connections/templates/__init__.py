"""Templates: connect objects and connectors that many need, as files of definitions.

    offered(system_type)          which connector templates there are for a kind of system
    adapt(template, …)            what one of them becomes there: a side of a connector
    objects.offered()             templates of connect objects
    objects.make(…)               makes some of them

A connector template speaks the words of a generic REST API; for other systems it says theirs.
"""

from connections.templates.connectors import (
    Side as Side,
    Template as Template,
    adapt as adapt,
    entities_of as entities_of,
    named as named,
    offered as offered,
)
