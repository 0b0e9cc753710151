from geographiclib.geodesic import Geodesic


def kilometres(start, end):
    """Return the length of the geodesic on WGS 84 between two (latitude, longitude) in degrees, in kilometres."""
    metres = Geodesic.WGS84.Inverse(*start, *end, Geodesic.DISTANCE)["s12"]
    return round(metres / 1000, 1)
