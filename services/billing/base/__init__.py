"""What several rooms use: the days by which lists are filtered."""
