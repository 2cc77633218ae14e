"""The command line. The only place that reads flags and the environment, and the only one that prints."""
