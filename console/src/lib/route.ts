/**
 * Addresses: `#/london/chores/0192…?state=unfilled` names the market, the view, what is looked at,
 * and how. They live behind the hash, so that any page may be shared and none needs the server.
 */

export interface Route {
  /** null: none is named, the first one is taken. */
  market: string | null;
  view: string;
  /** What the view looks at: an id, mostly. */
  rest: string[];
  query: Record<string, string>;
}

export const FIRST_VIEW = "live";

export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [market, view, ...rest] = path.split("/").filter(Boolean).map(decoded);
  const query = Object.fromEntries(new URLSearchParams(search));
  return { market: market ?? null, view: view ?? FIRST_VIEW, rest, query };
}

export function format(route: Partial<Route>): string {
  const { market, view = FIRST_VIEW, rest = [], query = {} } = route;
  if (!market) return "#/";
  const path = [market, view, ...rest].map(encodeURIComponent).join("/");
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const search = new URLSearchParams(given).toString();
  return `#/${path}${search && `?${search}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
