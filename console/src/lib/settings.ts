/** What the service tells every page of the console before anybody has signed in. */

import { get } from "../api/client";

export interface Settings {
  /** A style of the operator's own for the base map; null: the one drawn from the market. */
  map_style_url: string | null;
  environment: string;
  version: string;
}

let asked: Promise<Settings> | undefined;

export function settings(): Promise<Settings> {
  asked ??= get<Settings>("/v1/console/settings").catch((error) => {
    asked = undefined;
    throw error;
  });
  return asked;
}
