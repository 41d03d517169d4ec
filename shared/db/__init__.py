"""A service's database: sessions of one company, and the tables all services have."""
