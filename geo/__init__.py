"""Where things are: points, distances, areas, travel time and privacy cells."""
