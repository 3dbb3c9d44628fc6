/**
 * Calls to the api. The access token lives in this module's memory alone; what renews it is a
 * cookie that no script can read. A call that finds its token expired renews it once and goes on.
 */

import { problemOf, unreachable } from "./problems";

export interface Answer<T> {
  data: T;
  /** For a later `ifMatch`. */
  etag: string | null;
}

export interface Call {
  query?: Record<string, string | number | boolean | null | undefined | string[]>;
  body?: unknown;
  ifMatch?: string | null;
  /** Makes a repeated POST the same one. */
  once?: string;
  signal?: AbortSignal;
}

interface Token {
  value: string;
  /** In the time of `performance.now()`. */
  until: number;
}

const EARLY_MS = 30_000;

let token: Token | null = null;
let renew: () => Promise<boolean> = async () => false;
let renewing: Promise<boolean> | null = null;

export function setToken(value: string, livesS: number): void {
  token = { value, until: performance.now() + livesS * 1000 };
}

export function forgetToken(): void {
  token = null;
}

/** Tells how to get a new token; false: the session is over. */
export function onRenew(how: () => Promise<boolean>): void {
  renew = how;
}

export async function get<T>(path: string, call: Call = {}): Promise<T> {
  return (await send<T>("GET", path, call)).data;
}

export async function post<T>(path: string, body?: unknown, call: Call = {}): Promise<T> {
  return (await send<T>("POST", path, { ...call, body })).data;
}

/** A call of the signed-in person's. Throws Problem. */
export async function send<T>(method: string, path: string, call: Call = {}): Promise<Answer<T>> {
  if (token && token.until - performance.now() < EARLY_MS) await renewed();
  let response = await bare(method, path, call);
  if (response.status === 401 && (await renewed())) response = await bare(method, path, call);
  return answerOf<T>(response);
}

/** A call as it is: no renewal of what has expired. Throws Problem only where nobody answers. */
export async function bare(method: string, path: string, call: Call = {}): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token.value}`);
  if (call.body !== undefined) headers.set("Content-Type", "application/json");
  if (call.ifMatch) headers.set("If-Match", call.ifMatch);
  if (call.once) headers.set("Idempotency-Key", call.once);
  if (path.startsWith("/v1/console/session")) headers.set("X-Dibs-Console", "1");
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: call.signal };
  if (call.body !== undefined) init.body = JSON.stringify(call.body);
  try {
    return await fetch(path + queryOf(call.query), init);
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw unreachable();
  }
}

export async function answerOf<T>(response: Response): Promise<Answer<T>> {
  if (!response.ok) throw await problemOf(response);
  const data = response.status === 204 ? (undefined as T) : ((await response.json()) as T);
  return { data, etag: response.headers.get("ETag") };
}

/** Calls for tiles and other things that are not JSON carry the same token. */
export function authorization(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token.value}` } : {};
}

export function queryOf(query: Call["query"] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) value.forEach((each) => search.append(name, each));
    else if (value !== null && value !== undefined && value !== "") search.set(name, `${value}`);
  }
  const text = search.toString();
  return text && `?${text}`;
}

async function renewed(): Promise<boolean> {
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}
