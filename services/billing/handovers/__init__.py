"""Services that go to another company."""
