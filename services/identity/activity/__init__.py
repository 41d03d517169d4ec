"""The trail of what people did: recorded with the change, never changed again."""
