/**
 * The views, in the order of the navigation. A view is a component in a folder of this one's,
 * loaded when it is gone to; it finds its market and what it looks at in the router.
 */

import type { Component } from "svelte";
import type { IconName } from "../ui/Icon.svelte";

export interface View {
  /** In the address. */
  name: string;
  title: string;
  icon: IconName;
  load: () => Promise<{ default: Component }>;
}

export const VIEWS: View[] = [
  {
    name: "live",
    title: "Live",
    icon: "map",
    load: () => import("./live/Live.svelte"),
  },
  {
    name: "chores",
    title: "Chores",
    icon: "chores",
    load: () => import("./chores/Chores.svelte"),
  },
  {
    name: "policy",
    title: "Policy",
    icon: "policy",
    load: () => import("./policy/Policy.svelte"),
  },
  {
    name: "whatif",
    title: "What if",
    icon: "whatif",
    load: () => import("./whatif/WhatIf.svelte"),
  },
  {
    name: "health",
    title: "Health",
    icon: "health",
    load: () => import("./health/Health.svelte"),
  },
  {
    name: "experiments",
    title: "Experiments",
    icon: "experiments",
    load: () => import("./experiments/Experiments.svelte"),
  },
  {
    name: "people",
    title: "People",
    icon: "people",
    load: () => import("./people/People.svelte"),
  },
  {
    name: "audit",
    title: "Audit",
    icon: "audit",
    load: () => import("./audit/Audit.svelte"),
  },
];

/** The view of a name; null: there is none of it. */
export function viewOf(name: string): View | null {
  return VIEWS.find((view) => view.name === name) ?? null;
}
