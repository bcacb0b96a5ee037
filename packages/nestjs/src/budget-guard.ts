import { type CanActivate, type ExecutionContext, Inject, Injectable } from "@nestjs/common";
import { refusalOf } from "./budget-refusal.ts";
import { SHARED, type Seen, type Shared, decorate, seenIn } from "./shared.ts";

/** Refuses before the handler runs; holds nothing. With `@UseGuards()`, or for the whole app as `APP_GUARD`. */
export class BudgetGuard implements CanActivate {
  readonly #shared: Shared;

  constructor(own: Shared) {
    this.#shared = own;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const seen = this.getRequestResponse(context);
    try {
      if (this.#shared.enter(context, seen))
        await this.#shared.http.guard(seen.request, seen.request.method);
      return true;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** For others than HTTP, such as GraphQL: where the request and its response are. */
  protected getRequestResponse(context: ExecutionContext): Seen {
    return seenIn(context);
  }
}
decorate(BudgetGuard, Injectable());
Inject(SHARED)(BudgetGuard, undefined, 0);
