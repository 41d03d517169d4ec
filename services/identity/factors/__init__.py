"""What people prove who they are with, besides their password."""
