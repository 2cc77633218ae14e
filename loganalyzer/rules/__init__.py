"""The rules: each one entry with its code, check, wording and remedy, and one page under docs/rules.

Modules group rules that share a check; `catalogue` finds every entry in them by walking the package.
"""
