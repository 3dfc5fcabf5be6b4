"""Accounts, configs, entities, pairs, connections and their published versions, connectors.

All of it is configuration: small, audited, written by `connections.services`. What changes by
itself (schedule, cursor, locks, links) lives in `syncapp.sync`, never on these rows.
"""

from connections.models.configs import (
    Account as Account,
    AuthState as AuthState,
    ConnectionConfig as ConnectionConfig,
    RemoteEntity as RemoteEntity,
)
from connections.models.connections import (
    Connection as Connection,
    ConnectionVersion as ConnectionVersion,
    DraftStep as DraftStep,
    Pair as Pair,
    SourceSample as SourceSample,
    UsedMap as UsedMap,
)
from connections.models.connectors import (
    Connector as Connector,
    ConnectorSet as ConnectorSet,
    ConnectorSetMember as ConnectorSetMember,
    WizardDraft as WizardDraft,
)
from connections.models.uploads import (
    Upload as Upload,
    UploadChunk as UploadChunk,
)
