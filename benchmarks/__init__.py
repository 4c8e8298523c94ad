"""Measures Ostinato beside its peers, on one machine in one run. `README.md` tells how to run it and what it means."""
