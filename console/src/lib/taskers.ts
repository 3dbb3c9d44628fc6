/** Taskers by id, each read once, a few at a time: records name many of them. */

import { get } from "../api/client";
import type { Schemas } from "../api/types";

export type Tasker = Schemas["TaskerDetail"];

const AT_ONCE = 6;
const known = new Map<string, Promise<Tasker | null>>();
const waiting: (() => void)[] = [];
let running = 0;

/** null: the tasker is no longer there. */
export function tasker(id: string): Promise<Tasker | null> {
  const asked = known.get(id) ?? limited(() => get<Tasker>(`/v1/taskers/${id}`)).catch(() => null);
  known.set(id, asked);
  return asked;
}

/** Those of these who can be read, by id. */
export async function taskersOf(ids: string[]): Promise<Map<string, Tasker>> {
  const found = await Promise.all(ids.map(tasker));
  return new Map(found.flatMap((each) => (each ? [[each.id, each]] : [])));
}

async function limited<T>(work: () => Promise<T>): Promise<T> {
  while (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}
