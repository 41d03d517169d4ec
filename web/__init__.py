"""The browser's side: pages and blocks, rendered from what the services answer.

It decides nothing about money, people or services, and has no database. One package
per area answers at its addresses; `web.page`, `web.language` and `web.site` are what
areas are made with, and `web.dev` shows the components.
"""
