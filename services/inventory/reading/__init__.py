"""What is read of services: the list, its search, one service's details."""
