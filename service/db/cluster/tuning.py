"""The server settings of a private cluster: one for living in, one for tests."""

from __future__ import annotations

from service.db.cluster.places import PORT, Place

Tuning = dict[str, str]

COMMON: Tuning = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %d '",
    "log_lock_waits": "on",
    # Compiling a plan costs more than any of our queries takes.
    "jit": "off",
    "random_page_cost": "1.1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Loaded once, by the server, and not by each connection at its first question.
    "shared_preload_libraries": "'postgis-3'",
}

LIVING: Tuning = COMMON | {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_min_duration_statement": "1s",
}
"""Durable like any server: fsync and synchronous_commit keep their defaults."""

TESTING: Tuning = COMMON | {
    "max_connections": "400",
    "shared_buffers": "128MB",
    # A process that is killed loses nothing by these, only a machine that loses its power does.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It lives in RAM.
    "max_wal_size": "512MB",
    "min_wal_size": "80MB",
    "checkpoint_timeout": "1h",
    # A test that wants statistics says ANALYZE; otherwise plans would depend on the time of day.
    "autovacuum": "off",
}


def as_file(place: Place, tuning: Tuning) -> str:
    """The text of the settings file that postgresql.conf includes."""
    lines = [f"{name} = {value}" for name, value in tuning.items()]
    return "\n".join([*lines, f"unix_socket_directories = '{place.sockets}'", ""])
