import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetToken, get, onRenew, queryOf, send, setToken } from "$/api/client";
import { Problem } from "$/api/problems";

const answers: Response[] = [];
const asked = vi.fn(async (..._: Parameters<typeof fetch>) => answers.shift()!);

beforeEach(() => vi.stubGlobal("fetch", asked));

afterEach(() => {
  vi.unstubAllGlobals();
  asked.mockClear();
  answers.length = 0;
  forgetToken();
});

function problem(status: number, type: string, facts: object = {}): Response {
  const body = { type: `https://dibs.example/problems/${type}`, title: "No", status, ...facts };
  return new Response(JSON.stringify(body), { status });
}

async function refusal(call: Promise<unknown>): Promise<Problem> {
  return call.then(
    () => Promise.reject(new Error("it was not refused")),
    (error) => error,
  );
}

test("a refusal says its stable name and which field is wrong", async () => {
  const errors = [{ field: "document.default.radius_m", reason: "too_small", message: "No" }];
  answers.push(problem(422, "invalid", { errors }));
  const refused = await refusal(get("/v1/x"));
  expect(refused).toBeInstanceOf(Problem);
  expect(refused.type).toBe("invalid");
  expect(refused.errors).toEqual(errors);
});

test("an expired token is renewed once, and the call is made again with the new one", async () => {
  setToken("old", 600);
  onRenew(async () => (setToken("new", 600), true));
  answers.push(problem(401, "token-expired"), Response.json({ fine: true }));
  expect(await get("/v1/x")).toEqual({ fine: true });
  const headers = asked.mock.calls.map(([, init]) =>
    (init!.headers as Headers).get("Authorization"),
  );
  expect(headers).toEqual(["Bearer old", "Bearer new"]);
});

test("calls at once renew a session once", async () => {
  const renew = vi.fn(async () => true);
  onRenew(renew);
  answers.push(problem(401, "not-signed-in"), problem(401, "not-signed-in"));
  answers.push(Response.json(1), Response.json(2));
  await Promise.all([get("/v1/x"), get("/v1/y")]);
  expect(renew).toHaveBeenCalledTimes(1);
});

test("a session that is over is refused", async () => {
  onRenew(async () => false);
  answers.push(problem(401, "session-revoked"));
  expect((await refusal(get("/v1/x"))).type).toBe("session-revoked");
});

test("the version that was read is told, and named by a change", async () => {
  answers.push(Response.json({}, { headers: { ETag: '"7"' } }), Response.json({}));
  const { etag } = await send("GET", "/v1/policy");
  await send("PUT", "/v1/policy", { body: {}, ifMatch: etag });
  const [, init] = asked.mock.calls[1]!;
  expect((init!.headers as Headers).get("If-Match")).toBe('"7"');
});

test("lists are said word by word, and what is empty not at all", () => {
  expect(queryOf({ state: ["open", "offered"], category: "", cursor: null, limit: 50 })).toBe(
    "?state=open&state=offered&limit=50",
  );
});
