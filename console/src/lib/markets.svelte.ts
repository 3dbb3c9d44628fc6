/** The markets there are, and the one that is looked at. */

import { get } from "../api/client";
import type { Schemas } from "../api/types";
import { words } from "./format";
import { router } from "./router.svelte";

export type Market = Schemas["MarketOut"];
export type MarketDetail = Schemas["MarketDetail"];

class Markets {
  all = $state<Market[]>([]);
  #details = new Map<string, Promise<MarketDetail>>();
  #names = $state.raw<Record<string, string>>({});

  get current(): Market | undefined {
    return this.all.find((market) => market.slug === router.current.market);
  }

  async load(): Promise<void> {
    const markets = await get<Market[]>("/v1/markets");
    this.all = markets;
    const [first] = markets;
    if (!this.current && first) router.go({ ...router.current, market: first.slug });
  }

  /** With its categories; read once. */
  detail(slug: string): Promise<MarketDetail> {
    const known = this.#details.get(slug);
    if (known) return known;
    const asked = get<MarketDetail>(`/v1/markets/${slug}`);
    this.#details.set(slug, asked);
    asked.then(
      ({ categories }) => {
        const names = categories.map((each) => [`${slug}/${each.slug}`, each.name]);
        this.#names = { ...this.#names, ...Object.fromEntries(names) };
      },
      () => this.#details.delete(slug),
    );
    return asked;
  }

  /** What a category of the market is called; its slug in words until `detail` has been read. */
  category(slug: string): string {
    return this.#names[`${router.current.market}/${slug}`] ?? words(slug);
  }
}

export const markets = new Markets();

const districts = new Map<string, Promise<string[]>>();

/** The names of a market's districts, in their order in the alphabet; read once. */
export function districtsOf(slug: string): Promise<string[]> {
  const known = districts.get(slug);
  if (known) return known;
  const asked = get<Schemas["MapOut"]>(`/v1/markets/${slug}/map`).then((map) =>
    map.districts.features
      .map((each) => String((each.properties as { name: string }).name))
      .toSorted((a, b) => a.localeCompare(b)),
  );
  districts.set(slug, asked);
  asked.catch(() => districts.delete(slug));
  return asked;
}
