"""View models of figures that several pages or blocks show."""
