"""The rules, a file each; the file is named after the rule, and `RULE` in it is the rule."""
