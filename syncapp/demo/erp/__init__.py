"""The demo ERP: a separate HTTP server in the shape of OData v4, with data made up by rule.

    python -m syncapp.demo.erp --port 8090 --state demo-erp.jsonl

It stands for somebody else's system, so it shares nothing with syncapp but the JSON codec:
no database, no framework, no code of the connector that reads it. From the bottom up: `model`
says what there is, `words` and `data` make the records, `store` keeps them and their edits,
`filters` and `query` understand questions, `bodies` and `metadata` speak JSON and CSDL,
`service` answers requests, `faults` spoils answers on demand, `server` is the network, and
`edits` is the clerk who changes records over HTTP.
"""
