/** What a request of the SDK's is, by its method and address: the wall behind the methods' names. */
import { notMetered } from "./refusals.ts";

export interface Endpoint {
  readonly kind: "responses" | "chat" | "embeddings";
  /** Azure's: what answers, whatever the body says. */
  readonly deployment?: string;
}

const METERED: Readonly<Record<string, Endpoint["kind"]>> = {
  "/responses": "responses",
  "/chat/completions": "chat",
  "/embeddings": "embeddings",
};

/** POSTs that cost nothing by OpenAI's price list. A GET, a HEAD and a DELETE make nothing. */
const FREE_POSTS = [
  /^\/responses\/input_tokens$/,
  /^\/responses\/[^/]+\/cancel$/,
  /^\/chat\/completions\/[^/]+$/,
  /^\/conversations(\/[^/]+(\/items)?)?$/,
  /^\/moderations$/,
  /^\/files$/,
  /^\/uploads(\/[^/]+\/(parts|complete|cancel))?$/,
  /^\/batches\/[^/]+\/cancel$/,
  /^\/fine_tuning\/jobs\/[^/]+\/cancel$/,
];

/** @throws BudgetError `call_not_metered` for whatever is not known to be countable or free. */
export function endpointOf(method: string, url: string, baseURL: string): Endpoint | "free" {
  const { path, ...deployed } = pathUnder(url, baseURL);
  const verb = method.toUpperCase();
  if (path !== undefined) {
    if (verb === "GET" || verb === "HEAD" || verb === "DELETE") return "free";
    const kind = Object.hasOwn(METERED, path) ? METERED[path] : undefined;
    if (verb === "POST" && kind) return { kind, ...deployed };
    if (verb === "POST" && FREE_POSTS.some((free) => free.test(path))) return "free";
  }
  throw notMetered(
    `A request to ${verb} ${path ?? "an address outside of `baseURL`"} was not sent`,
    {
      why: "what it costs is not known here",
      wayOut: "Make it with an OpenAI client of your own, outside the budget.",
    },
  );
}

/** Azure puts the deployment before the path; its name needs no escapes. */
const DEPLOYMENT = /^\/(?:openai\/)?deployments\/([^/%]+)(?=\/)/;

function pathUnder(
  url: string,
  baseURL: string,
): { readonly path?: string; readonly deployment?: string } {
  const [at, base] = [new URL(url), new URL(baseURL)];
  const root = base.pathname.replace(/\/+$/, "");
  if (at.origin !== base.origin || !at.pathname.startsWith(`${root}/`)) return {};
  const path = at.pathname.slice(root.length);
  const [prefix = "", deployment] = DEPLOYMENT.exec(path) ?? [];
  return { path: path.slice(prefix.length), ...(deployment === undefined ? {} : { deployment }) };
}
