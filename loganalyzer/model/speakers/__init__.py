"""Speakers' histories: what each run of each speaker said of every service, of its node and of its sessions."""
