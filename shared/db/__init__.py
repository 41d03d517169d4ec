"""A service's database: sessions of one company and the common tables."""
