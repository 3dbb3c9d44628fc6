/** The markets there are, and the one that is looked at. */

import { get } from "../api/client";
import type { Schemas } from "../api/types";
import { router } from "./router.svelte";

export type Market = Schemas["MarketOut"];
export type MarketDetail = Schemas["MarketDetail"];

class Markets {
  all = $state<Market[]>([]);
  #details = new Map<string, Promise<MarketDetail>>();

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
    asked.catch(() => this.#details.delete(slug));
    return asked;
  }
}

export const markets = new Markets();
