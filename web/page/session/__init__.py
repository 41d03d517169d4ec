"""The browser's session: who is signed in, on which device, and how they prove it."""
