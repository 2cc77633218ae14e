"""Reports: one diagnosis in several forms. Pure functions from data to text; nothing here prints."""
