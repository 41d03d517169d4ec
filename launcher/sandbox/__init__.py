"""Simulate a payment gateway with a hosted page, for the demo and for QA.

It is a server of its own, as a real gateway is. What it does is chosen on its page.
"""
