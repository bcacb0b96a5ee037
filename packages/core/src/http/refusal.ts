/** A refusal as an HTTP response, ready to be written. */
import { type BudgetError, toProblem } from "../errors.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How far a response has come when an error reaches the adapter. */
export interface ResponseSoFar {
  /** Whether its status has gone out. */
  readonly begun: boolean;
  /** Its `Content-Type`, if it has begun. */
  readonly type?: string | null | undefined;
  /** The request's `Accept`. */
  readonly accept?: string | null | undefined;
}

/** What ends a stream whose status has gone out. */
export interface LastEvent {
  readonly event: string;
}

/**
 * The answer to a refused request: problem details that are an OpenAI-shaped error as well, or a
 * small page for a browser that asks for one first.
 *
 * @param accept The request's `Accept` header.
 */
export function answerTo(error: BudgetError, accept?: string): Answer {
  const isPage = /^\s*(text\/html|application\/xhtml)/i.test(accept ?? "");
  const type = isPage ? "text/html; charset=utf-8" : "application/problem+json; charset=utf-8";
  return {
    status: error.status,
    headers: { ...error.headers, "Content-Type": type, Vary: "Accept" },
    body: isPage ? page(error) : JSON.stringify(toProblem(error)),
  };
}

function page({ title, detail }: BudgetError): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
  :root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }
  body { max-width: 36rem; margin: 15vh auto 0; padding: 0 1rem }
</style>
<main><h1>${escape(title)}</h1><p>${escape(detail)}</p></main>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
