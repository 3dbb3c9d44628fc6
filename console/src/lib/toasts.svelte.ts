/** Short words about what was just done. */

export interface Toast {
  id: number;
  tone: "done" | "failed";
  text: string;
}

const SHOWN_MS = 6000;
let last = 0;

class Toasts {
  shown = $state<Toast[]>([]);

  tell(text: string, tone: Toast["tone"] = "done"): void {
    const id = ++last;
    this.shown.push({ id, tone, text });
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
