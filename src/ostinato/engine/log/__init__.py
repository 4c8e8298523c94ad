"""The event log: what is kept (`records`), the seam (`log`) and the one implementation, in SQLite (`sqlite`)."""
