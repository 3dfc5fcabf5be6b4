"""Who owns rows and who may do what: tenants, users, profiles, API keys, audit.

Also the doors through which every other room reaches the database as one tenant.
"""
