import { type ArgumentsHost, Catch, type ExceptionFilter } from "@nestjs/common";
import { BudgetRefusal } from "./budget-refusal.ts";
import { type Shared, decorate, seenIn } from "./shared.ts";

/** Writes a refusal as it is: status, headers and body. */
export class BudgetFilter implements ExceptionFilter<BudgetRefusal> {
  readonly #shared: Shared;

  constructor(own: Shared) {
    this.#shared = own;
  }

  catch({ cause }: BudgetRefusal, context: ArgumentsHost): void {
    const { http, host } = this.#shared;
    const { request, response } = seenIn(context);
    const { httpAdapter } = host;
    const accept = request.headers["accept"];
    const begun: boolean = httpAdapter.isHeadersSent(response);
    const answer = http.answer(cause, {
      begun,
      type: httpAdapter.getHeader(response, "content-type"),
      accept: typeof accept === "string" ? accept : undefined,
    });
    if (!answer) return httpAdapter.end(response);
    if ("event" in answer) return httpAdapter.end(response, answer.event);
    for (const [name, value] of Object.entries(answer.headers)) {
      if (name === "Vary") httpAdapter.appendHeader(response, name, value);
      else httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, answer.body, answer.status);
  }
}
decorate(BudgetFilter, Catch(BudgetRefusal));
