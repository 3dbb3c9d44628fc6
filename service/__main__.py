"""`python -m service` is `dibs`."""

from service.cli import main

main()
