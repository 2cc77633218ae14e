"""Which node answers for which service, which don't and why; BGP sessions; one story of all nodes."""
