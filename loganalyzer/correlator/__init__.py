"""The correlator: failed attempts are matched with the rules that refused them, and folded into episodes."""
