"""Random runs of `mail-failover setup`: what happens in them, who interferes, what must hold all the same.

| module | what it holds |
| --- | --- |
| `story` | a run as plain values, which hypothesis draws and makes small again |
| `zone` | the domain at its beginning |
| `meddler` | another person, who edits the domain at any moment |
| `play` | a run, command by command: troubles, kills, and a good end |
| `promises` | what must hold after each request and each command |
| `theirs` | what the other person wrote, and what may become of it |
"""
