"""What is measured, and the scripts that measure it: ``make bench``.

Each figure is a ratio of two things measured in one run on one machine, because
absolute times say nothing about another machine. Goals are written beside them.
"""
