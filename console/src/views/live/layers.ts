/** What the live map draws on its ground, from the tiles and from the board. */

import type { FeatureCollection, Geometry, Point } from "geojson";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { FONT, NOTHING } from "../../map/style";
import { type Board, pointsOf, reachesOf } from "./board";

/** From here the tiles tell taskers apart. */
const EACH_FROM_ZOOM = 14;
const COUNT: ExpressionSpecification = ["coalesce", ["get", "count"], 1];

export interface Shown {
  chores: boolean;
  bookings: boolean;
  taskers: boolean;
  reaches: boolean;
}

/** Adds the sources and layers, empty; to be called for every style that is loaded. */
export function addLayers(map: MapLibre, market: string, colour: (token: string) => string): void {
  const tiles = `${location.origin}/v1/markets/${market}/tiles/{z}/{x}/{y}`;
  map.addSource("tiles", { type: "vector", tiles: [tiles], minzoom: 6, maxzoom: 16 });
  for (const name of ["moved", "reaches", "chores", "bookings"]) {
    map.addSource(name, { type: "geojson", data: NOTHING, promoteId: "id" });
  }
  const tasker = { "circle-color": colour("series-5"), "circle-stroke-color": colour("surface") };
  map.addLayer({
    id: "reaches",
    type: "fill",
    source: "reaches",
    paint: {
      "fill-color": colour("accent"),
      "fill-opacity": ["case", ["get", "chosen"], 0.1, 0],
    },
  });
  map.addLayer({
    id: "reach-edges",
    type: "line",
    source: "reaches",
    paint: {
      "line-color": ["case", ["get", "chosen"], colour("accent"), colour("amber")],
      "line-width": ["case", ["get", "chosen"], 2, 1],
      "line-opacity": ["case", ["get", "chosen"], 1, 0.35],
    },
  });
  map.addLayer({
    id: "taskers-counted",
    type: "circle",
    source: "tiles",
    "source-layer": "taskers",
    maxzoom: EACH_FROM_ZOOM,
    paint: {
      ...tasker,
      "circle-opacity": 0.28,
      "circle-radius": ["min", 26, ["+", 3, ["*", 2, ["sqrt", COUNT]]]],
    },
  });
  map.addLayer({
    id: "taskers-numbers",
    type: "symbol",
    source: "tiles",
    "source-layer": "taskers",
    maxzoom: EACH_FROM_ZOOM,
    filter: [">", COUNT, 4],
    layout: { "text-field": ["to-string", COUNT], "text-font": FONT, "text-size": 10 },
    paint: { "text-color": colour("ink-2") },
  });
  for (const [id, source] of [
    ["taskers", "tiles"],
    ["moved", "moved"],
  ] as const) {
    map.addLayer({
      id,
      type: "circle",
      source,
      ...(source === "tiles" && { "source-layer": "taskers" }),
      minzoom: EACH_FROM_ZOOM,
      paint: { ...tasker, "circle-radius": 5, "circle-stroke-width": 1.5 },
    });
  }
  map.addLayer({
    id: "bookings",
    type: "circle",
    source: "bookings",
    paint: {
      "circle-color": colour("green-soft"),
      "circle-stroke-color": colour("green"),
      "circle-stroke-width": 2,
      "circle-radius": 4.5,
    },
  });
  map.addLayer({
    id: "chores",
    type: "circle",
    source: "chores",
    paint: {
      "circle-color": [
        "match",
        ["get", "status"],
        "offered",
        colour("amber"),
        "unfilled",
        colour("red"),
        colour("blue"),
      ],
      "circle-stroke-color": colour("surface"),
      "circle-stroke-width": ["case", ["boolean", ["feature-state", "chosen"], false], 4, 1.5],
      "circle-radius": ["case", [">", ["get", "offers"], 0], 9, 7],
    },
  });
  map.addLayer({
    id: "offers",
    type: "symbol",
    source: "chores",
    filter: [">", ["get", "offers"], 0],
    layout: {
      "text-field": ["to-string", ["get", "offers"]],
      "text-font": FONT,
      "text-size": 11,
      "text-allow-overlap": true,
    },
    paint: { "text-color": colour("surface") },
  });
}

/** Puts the board on the map. */
export function draw(map: MapLibre, board: Board, chosen: string | null): void {
  set(map, "chores", pointsOf(board.chores.values()));
  set(map, "bookings", pointsOf(board.bookings.values()));
  set(map, "moved", pointsOf(board.moved.values()));
  set(map, "reaches", reachesOf(board.chores.values(), chosen));
  if (map.getLayer("taskers")) {
    const left = ["in", ["get", "id"], ["literal", [...board.left]]] as ExpressionSpecification;
    map.setFilter("taskers", board.left.size === 0 ? null : ["!", left]);
  }
}

const LAYERS: Record<keyof Shown, string[]> = {
  chores: ["chores", "offers"],
  bookings: ["bookings"],
  taskers: ["taskers-counted", "taskers-numbers", "taskers", "moved"],
  reaches: ["reaches", "reach-edges"],
};

export function show(map: MapLibre, shown: Shown): void {
  for (const [name, layers] of Object.entries(LAYERS)) {
    for (const layer of layers) {
      if (!map.getLayer(layer)) continue;
      const visibility = shown[name as keyof Shown] ? "visible" : "none";
      map.setLayoutProperty(layer, "visibility", visibility);
    }
  }
}

/** How much of what is live the map shows now; counted taskers count as many. */
export function inView(map: MapLibre): Record<"chores" | "bookings" | "taskers", number> {
  const drawn = (layers: string[]) =>
    map.queryRenderedFeatures({ layers: layers.filter((layer) => map.getLayer(layer)) });
  const ids = (layers: string[]) => new Set(drawn(layers).map((each) => each.properties.id));
  const counts = new Map(
    drawn(["taskers-counted"]).map((each) => [at(each.geometry), Number(each.properties.count)]),
  );
  return {
    chores: ids(["chores"]).size,
    bookings: ids(["bookings"]).size,
    taskers: [...counts.values()].reduce(
      (sum, count) => sum + count,
      ids(["taskers", "moved"]).size,
    ),
  };
}

/** The same square comes once for every tile that its symbol reaches into. */
function at(geometry: Geometry): string {
  const [lon, lat] = (geometry as Point).coordinates as [number, number];
  return `${lon.toFixed(4)} ${lat.toFixed(4)}`;
}

/** Asks for the tiles anew: more moved than was told. */
export function reloadTiles(map: MapLibre): void {
  map.refreshTiles("tiles");
}

function set(map: MapLibre, source: string, data: FeatureCollection): void {
  map.getSource<GeoJSONSource>(source)?.setData(data);
}
