"""The tenant's typed objects and their stored records; all writes go through `objects.records`.

Knows neither connections nor formulas. Announces each change to higher rooms by one signal.
"""
