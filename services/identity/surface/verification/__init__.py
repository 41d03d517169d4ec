"""The methods of the steps of verification."""
