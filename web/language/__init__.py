"""What people read and type, in the words and marks of their language."""
