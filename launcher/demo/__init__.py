"""The demonstration provider: companies and 90 days of history.

It is made through the services' own operations, in order of time, and the same every
time; only its end is always now.
"""
