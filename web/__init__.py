"""The browser's side: pages and blocks, rendered from what the services answer.

It decides nothing about money, people or services, and has no database.
"""
