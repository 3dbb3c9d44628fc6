/**
 * Who is signed in. The page begins by asking whether the browser's cookie still stands, if somebody
 * signed in here before: no script sees the cookie, so the browser keeps a word that there may be one.
 */

import { answerOf, bare, forgetToken, onRenew, setToken } from "./client";

const PATH = "/v1/console/session";
/** Says that there may be a session, and nothing of whose. */
const HINT = "dibs.session";

export interface Operator {
  id: string;
  name: string;
  operator_role: "viewer" | "editor";
}

interface Granted {
  access_token: string;
  expires_in: number;
  account: Operator;
}

class Session {
  /** undefined: not known yet; null: nobody. */
  account = $state<Operator | null>();
  #ahead = 0;

  get mayEdit(): boolean {
    return this.account?.operator_role === "editor";
  }

  constructor() {
    onRenew(() => this.renew());
  }

  /** Takes up the session of an earlier visit, if there is one. */
  async start(): Promise<void> {
    if (!localStorage.getItem(HINT) || !(await this.renew())) this.account = null;
  }

  /** Throws Problem: `wrong-credentials`, `not-allowed`, `too-many-requests`. */
  async signIn(email: string, password: string): Promise<void> {
    const response = await bare("POST", PATH, { body: { email, password } });
    this.#granted((await answerOf<Granted>(response)).data);
  }

  async signOut(): Promise<void> {
    try {
      await bare("DELETE", PATH);
    } finally {
      this.#over();
    }
  }

  async renew(): Promise<boolean> {
    const response = await bare("POST", `${PATH}/refresh`);
    if (response.ok) {
      this.#granted(await response.json());
      return true;
    }
    // Only a refusal ends a session; a service that is away for a moment does not.
    if (response.status === 401 || response.status === 403) {
      this.#over();
    }
    return false;
  }

  #over(): void {
    clearTimeout(this.#ahead);
    forgetToken();
    localStorage.removeItem(HINT);
    this.account = null;
  }

  #granted(granted: Granted): void {
    setToken(granted.access_token, granted.expires_in);
    // Ahead of its end, so that what cannot wait for a renewal (a tile, a stream) need not.
    clearTimeout(this.#ahead);
    this.#ahead = window.setTimeout(() => this.renew(), (granted.expires_in - 60) * 1000);
    localStorage.setItem(HINT, "1");
    this.account = granted.account;
  }
}

export const session = new Session();
