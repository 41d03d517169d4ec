"""What every room uses: a change in progress, and days as lists filter by them."""
