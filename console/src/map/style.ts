/** The base map: the market's districts, parks and river, in the console's colours; no server. */

import type { StyleSpecification } from "maplibre-gl";
import type { Feature, FeatureCollection, GeoJSON, Geometry, Position } from "geojson";

export interface Geography {
  /** west, south, east, north */
  bounds: [number, number, number, number];
  centre: [number, number];
  /** Areas with a `name`. */
  districts: FeatureCollection;
  parks: FeatureCollection;
  river: GeoJSON | null;
}

export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
/** MapLibre draws the letters itself, from a font of the system. */
export const FONT = ["Inter", "sans-serif"];

/** `colour` gives a token's colour; each district has its name at its middle. */
export function baseStyle(
  geography: Geography | null,
  colour: (token: string) => string,
): StyleSpecification {
  const districts = geography?.districts ?? NOTHING;
  return {
    version: 8,
    sources: {
      districts: { type: "geojson", data: districts },
      names: { type: "geojson", data: namesOf(districts) },
      parks: { type: "geojson", data: geography?.parks ?? NOTHING },
      river: { type: "geojson", data: geography?.river ?? NOTHING },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("map-ground") } },
      {
        id: "districts",
        type: "fill",
        source: "districts",
        paint: { "fill-color": colour("map-land") },
      },
      {
        id: "parks",
        type: "fill",
        source: "parks",
        paint: { "fill-color": colour("map-park") },
      },
      {
        id: "district-edges",
        type: "line",
        source: "districts",
        paint: { "line-color": colour("map-edge"), "line-width": 1 },
      },
      {
        id: "river",
        type: "line",
        source: "river",
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": colour("map-water"),
          "line-width": ["interpolate", ["exponential", 2], ["zoom"], 8, 2, 14, 60],
        },
      },
      {
        id: "district-names",
        type: "symbol",
        source: "names",
        minzoom: 9,
        layout: {
          "text-field": ["get", "name"],
          "text-font": FONT,
          "text-size": ["interpolate", ["linear"], ["zoom"], 9, 10, 13, 14],
          "text-max-width": 7,
          "text-padding": 6,
        },
        paint: {
          "text-color": colour("map-text"),
          "text-halo-color": colour("map-land"),
          "text-halo-width": 1.2,
        },
      },
    ],
  };
}

function namesOf(districts: FeatureCollection): FeatureCollection {
  const features = districts.features.flatMap((feature) => {
    const rings = outerRings(feature.geometry);
    if (!rings.length) return [];
    const coordinates = rings.map(middle).reduce((a, b) => (b.area > a.area ? b : a)).at;
    return [{ ...feature, geometry: { type: "Point" as const, coordinates } }];
  });
  return { type: "FeatureCollection", features };
}

function outerRings(geometry: Geometry): Position[][] {
  if (geometry.type === "Polygon") return geometry.coordinates.slice(0, 1);
  if (geometry.type === "MultiPolygon")
    return geometry.coordinates.flatMap((each) => each.slice(0, 1));
  return [];
}

/** The centroid of a ring, by the shoelace formula, and its area. */
export function middle(ring: Position[]): { at: [number, number]; area: number } {
  let [twice, x, y] = [0, 0, 0];
  for (let n = 0; n + 1 < ring.length; n++) {
    const [[ax, ay], [bx, by]] = [ring[n]!, ring[n + 1]!] as [[number, number], [number, number]];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  return { at: [x / (3 * twice), y / (3 * twice)], area: Math.abs(twice) / 2 };
}

/** A circle on the ground as a ring of lon, lat: what a radius covers. */
export function circle(lon: number, lat: number, radiusM: number, corners = 96): GeoJSON {
  const up = radiusM / 111_195;
  const side = up / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: corners + 1 }, (_, n) => {
    const angle = (2 * Math.PI * (n % corners)) / corners;
    return [lon + side * Math.cos(angle), lat + up * Math.sin(angle)];
  });
  return {
    type: "Feature",
    properties: { radius_m: radiusM },
    geometry: { type: "Polygon", coordinates: [ring] },
  };
}

/** West, south, east, north of some areas; null where there are none. */
export function boundsOf(areas: Feature[]): [number, number, number, number] | null {
  const ring = areas.flatMap((area) => outerRings(area.geometry)).flat();
  if (ring.length === 0) return null;
  const [lons, lats] = [ring.map((at) => at[0]!), ring.map((at) => at[1]!)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** West, south, east, north of what a radius covers. */
export function boundsAround(
  lon: number,
  lat: number,
  radiusM: number,
): [number, number, number, number] {
  const up = radiusM / 111_195;
  const side = up / Math.cos((lat * Math.PI) / 180);
  return [lon - side, lat - up, lon + side, lat + up];
}
