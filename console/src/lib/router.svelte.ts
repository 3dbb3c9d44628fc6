/** The route in force, kept in the address bar. */

import { format, parse, type Route } from "./route";

class Router {
  current = $state<Route>(parse(location.hash));

  constructor() {
    addEventListener("hashchange", () => (this.current = parse(location.hash)));
  }

  /** The address of another place in the market that is looked at. */
  href(view: string, rest: string[] = [], query: Record<string, string> = {}): string {
    return format({ market: this.current.market, view, rest, query });
  }

  go(route: Partial<Route>): void {
    location.hash = format({ market: this.current.market, ...route });
  }

  /** Says how the present view is looked at, without a step in the history. */
  refine(query: Record<string, string>): void {
    const hash = format({ ...this.current, query });
    history.replaceState(history.state, "", hash);
    this.current = parse(hash);
  }
}

export const router = new Router();
