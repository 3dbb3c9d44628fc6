"""A market folder: the form in which a city is brought, read whole or refused whole.

`read_folder(path)` gives a `CityFolder` or raises `FolderRefused` with every fault found: file,
line, reason, sentence. `write_folder` writes the same form. FORMAT.md documents it column by
column.

Decisions:
- A fault is noted and reading goes on, up to a limit: whoever mends a file sees all of it at once.
- People are checked against places and categories, so a folder whose market is faulty is refused
  before its people are looked at.
- Areas with more vertices than the service takes are simplified rather than refused, and the
  result says by how much: real polygons come with thousands of vertices.
"""

from seed_data.folder.faults import Fault, FolderRefused
from seed_data.folder.reader import read_chores_file, read_city, read_folder
from seed_data.folder.writer import write_folder

__all__ = [
    "Fault",
    "FolderRefused",
    "read_chores_file",
    "read_city",
    "read_folder",
    "write_folder",
]
