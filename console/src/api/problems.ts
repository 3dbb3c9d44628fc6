/** Refusals: every answer that is not a success, as the service's problem+json tells it. */

const PREFIX = "https://dibs.example/problems/";

export interface FieldError {
  /** Where, as a dotted path into the body: `document.default.radius_m`. */
  field: string;
  reason: string;
  message: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    /** The stable name: `outdated-version`, `invalid`; `unreachable` where nobody answered. */
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(detail || title);
    this.name = "Problem";
  }

  /** What is wrong with which field; empty for refusals that are not about fields. */
  get errors(): FieldError[] {
    return Array.isArray(this.facts.errors) ? (this.facts.errors as FieldError[]) : [];
  }
}

export function unreachable(): Problem {
  return new Problem(
    0,
    "unreachable",
    "The service does not answer",
    "Check the connection; nothing was changed.",
  );
}

export async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  try {
    const { type, title, detail, status: _, ...facts } = await response.json();
    return new Problem(status, String(type).replace(PREFIX, ""), title, detail ?? "", facts);
  } catch {
    return new Problem(status, "problem", `The service answered ${status}`, "");
  }
}

/** Whatever was thrown, as a problem to show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Problem(0, "defect", "Something went wrong in this page", detail);
}
