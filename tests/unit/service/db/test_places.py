"""Where a private cluster lives."""

from __future__ import annotations

import os
from pathlib import Path

from service.db.cluster.places import PORT, SOCKET_PATH_LIMIT, Place, socket_folder
from service.db.cluster.tuning import LIVING, TESTING, as_file


def socket_of(folder: Path) -> bytes:
    return os.fsencode(folder / f".s.PGSQL.{PORT}")


def test_the_socket_lies_beside_the_data_where_its_path_is_short_enough() -> None:
    assert socket_folder(Path("/srv/dibs/.data/pg")) == Path("/srv/dibs/.data/pg/run")


def test_a_socket_whose_path_would_be_too_long_moves_to_a_short_one() -> None:
    deep = Path("/srv") / ("d" * 200) / "pg"
    assert len(socket_of(socket_folder(deep))) <= SOCKET_PATH_LIMIT
    assert socket_folder(deep) == socket_folder(deep)
    assert socket_folder(deep) != socket_folder(deep.with_name("pg-test"))


def test_the_longest_path_that_fits_stays() -> None:
    rest = SOCKET_PATH_LIMIT - len(socket_of(Path("/run")))
    assert socket_folder(Path("/" + "d" * (rest - 1))).name == "run"
    assert socket_folder(Path("/" + "d" * rest)).parent == Path("/tmp")


def test_only_the_tests_cluster_forgoes_durability() -> None:
    place = Place(Path("/a"), Path("/a/run"), Path("/a.lock"), None)
    assert "fsync = off" in as_file(place, TESTING)
    assert "fsync" not in as_file(place, LIVING)
    assert "unix_socket_directories = '/a/run'" in as_file(place, LIVING)
