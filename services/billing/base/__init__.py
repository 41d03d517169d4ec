"""What every room uses: days as lists filter by them."""
