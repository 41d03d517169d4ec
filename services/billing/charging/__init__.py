"""What services owe and pay: periods, charges, overdue services, proration."""
