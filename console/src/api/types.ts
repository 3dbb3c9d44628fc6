/** The shapes of the wire. `schema.d.ts` is written from the api's own document (`make console`). */

import type { components } from "./schema";

export type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next: string | null;
}
