"""What several packages use: the days by which lists are filtered."""
