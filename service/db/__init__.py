"""The database: tables, the engine, what constraints mean, migrations, and the private cluster of
a laptop.
"""
