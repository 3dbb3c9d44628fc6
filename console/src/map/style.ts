/** The base map: the market's districts and its river, in the console's colours; no server. */

import type { StyleSpecification } from "maplibre-gl";
import type { FeatureCollection, GeoJSON } from "geojson";

export interface Geography {
  /** west, south, east, north */
  bounds: [number, number, number, number];
  centre: [number, number];
  /** Areas with a `name`. */
  districts: FeatureCollection;
  river: GeoJSON | null;
}

export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
/** MapLibre draws the letters itself, from a font of the system. */
export const FONT = ["Inter", "sans-serif"];

/** `colour` gives a token's colour; districts carry their name at the middle of each. */
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
    const centre = feature.properties?.centre as [number, number] | undefined;
    if (!centre) return [];
    const geometry = { type: "Point" as const, coordinates: centre };
    return [{ ...feature, geometry }];
  });
  return { type: "FeatureCollection", features };
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
