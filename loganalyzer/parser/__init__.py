"""The parser: lines become records, records become events, each with the service it is about."""
