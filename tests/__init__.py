"""The tests: unit (no input or output), integration (a real PostGIS), acceptance (a real server,
real sockets).
"""
