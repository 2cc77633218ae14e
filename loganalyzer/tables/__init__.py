"""Everything found, as tables: collected in columns, then made into pandas frames, and figures from these."""
