"""Places for hypothesis to choose from."""

from hypothesis import strategies as st

from geo.points import LonLat

places = st.builds(LonLat, st.floats(-180, 180), st.floats(-90, 90))
places_in_london = st.builds(LonLat, st.floats(-0.5, 0.3), st.floats(51.3, 51.7))
