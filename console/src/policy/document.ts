/**
 * A policy document, edited: a default, and per category only what differs. Every function gives a
 * new document and leaves the old one as it was.
 */

import type { Problem } from "../api/problems";
import type { Knob, Value } from "./knobs";

/** A category, or null for the market's default. */
export type Scope = string | null;

export interface PolicyDocument {
  default: Record<string, Value>;
  categories: Record<string, Record<string, Value>>;
}

export interface Change {
  scope: Scope;
  field: string;
  /** null: inherited. */
  before: Value | null;
  after: Value | null;
}

/** What holds in a scope, and whether it is the market's default showing through. */
export function valueAt(
  document: PolicyDocument,
  scope: Scope,
  field: string,
): { value: Value | undefined; inherited: boolean } {
  const own = scope === null ? undefined : document.categories[scope]?.[field];
  if (own !== undefined) return { value: own, inherited: false };
  return { value: document.default[field], inherited: scope !== null };
}

export function put(
  document: PolicyDocument,
  scope: Scope,
  field: string,
  value: Value,
): PolicyDocument {
  if (scope === null) {
    return { ...document, default: { ...document.default, [field]: value } };
  }
  const own = { ...document.categories[scope], [field]: value };
  return { ...document, categories: { ...document.categories, [scope]: own } };
}

/** Lets the market's default show through again. */
export function inherit(document: PolicyDocument, scope: string, field: string): PolicyDocument {
  const { [field]: _, ...own } = document.categories[scope] ?? {};
  const { [scope]: __, ...others } = document.categories;
  const categories = Object.keys(own).length ? { ...others, [scope]: own } : others;
  return { ...document, categories };
}

export function changes(before: PolicyDocument, after: PolicyDocument): Change[] {
  const scopes: Scope[] = [
    null,
    ...new Set([...Object.keys(before.categories), ...Object.keys(after.categories)]),
  ];
  return scopes.flatMap((scope) => {
    const [old, fresh] = [own(before, scope), own(after, scope)];
    const fields = new Set([...Object.keys(old), ...Object.keys(fresh)]);
    return [...fields]
      .filter((field) => old[field] !== fresh[field])
      .map((field) => ({
        scope,
        field,
        before: old[field] ?? null,
        after: fresh[field] ?? null,
      }));
  });
}

/** The same changes on top of another document: how one goes on after somebody else's change. */
export function onTopOf(document: PolicyDocument, wanted: Change[]): PolicyDocument {
  return wanted.reduce((result, { scope, field, after }) => {
    if (after !== null) return put(result, scope, field, after);
    return scope === null ? result : inherit(result, scope, field);
  }, document);
}

/** `default.radius_m`, `categories.mounting.radius_m`: what history and refusals speak of. */
export function placeOf(path: string): { scope: Scope; field: string } {
  const parts = path.replace(/^document\./, "").split(".");
  if (parts[0] === "categories") {
    return { scope: parts[1] ?? null, field: parts.slice(2).join(".") };
  }
  return { scope: null, field: parts.slice(1).join(".") };
}

export function keyOf(scope: Scope, field: string): string {
  return `${scope ?? ""}/${field}`;
}

/** What is wrong across fields, by `keyOf`: the service says the same, a moment later. */
export function crossErrors(document: PolicyDocument): Map<string, string> {
  const errors = new Map<string, string>();
  for (const scope of [null, ...Object.keys(document.categories)]) {
    const at = (field: string) => Number(valueAt(document, scope, field).value);
    if (at("radius_cap_m") < at("radius_m")) {
      errors.set(keyOf(scope, "radius_cap_m"), "The cap is below the radius");
    }
    const deadlines = ["now", "today", "future"].map((when) => `offer_deadline_${when}_s`);
    deadlines.slice(1).forEach((field, n) => {
      if (at(field) < at(deadlines[n]!)) {
        errors.set(keyOf(scope, field), "Shorter than the deadline before it");
      }
    });
  }
  return errors;
}

/** A refusal's errors, each beside its field; those about several stand at the first they name. */
export function errorsOf(problem: Problem, knobs: Map<string, Knob>): Map<string, string> {
  return new Map(
    problem.errors.map(({ field: path, message }) => {
      const { scope, field } = placeOf(path);
      const named = knobs.has(field)
        ? field
        : [...knobs.keys()].find((name) => message.includes(name));
      return [keyOf(scope, named ?? ""), message.replace(/^Value error, /, "")];
    }),
  );
}

/** How far each wave reaches, in metres. */
export function reaches(radius: number, growth: number, cap: number, waves: number): number[] {
  const count = Math.max(0, Math.min(waves, 20));
  return Array.from({ length: count }, (_, n) => Math.min(radius * growth ** n, cap));
}

function own(document: PolicyDocument, scope: Scope): Record<string, Value> {
  return scope === null ? document.default : (document.categories[scope] ?? {});
}
