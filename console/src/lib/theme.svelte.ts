/** Light, dark, or as the system has it; the choice is kept by the browser. */

export type Theme = "system" | "light" | "dark";

const KEY = "dibs.theme";

class Themes {
  chosen = $state<Theme>(kept());
  #systemDark = $state(matchMedia("(prefers-color-scheme: dark)").matches);

  constructor() {
    this.#apply();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
      this.#systemDark = event.matches;
      this.#apply();
    });
  }

  get isDark(): boolean {
    return this.chosen === "system" ? this.#systemDark : this.chosen === "dark";
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    this.#apply();
  }

  #apply(): void {
    const root = document.documentElement;
    if (this.chosen === "system") delete root.dataset.theme;
    else root.dataset.theme = this.chosen;
    root.toggleAttribute("data-dark", this.isDark);
  }
}

function kept(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

export const themes = new Themes();

/** A token's colour as it is now, for what is drawn on a canvas. */
export function colour(token: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${token})`;
  document.documentElement.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
