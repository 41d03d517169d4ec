"""What the steps of verification are asked and told."""
