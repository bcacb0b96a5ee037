import { Readable } from "node:stream";
import { EVENT_STREAM_HEADERS } from "@assistants-budget/core/http";
import {
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  StreamableFile,
} from "@nestjs/common";
import { type Observable, catchError, defer, map, throwError } from "rxjs";
import { refusalOf } from "./budget-refusal.ts";
import { type Seen, type Shared, seenIn } from "./shared.ts";

/** Attaches, and turns what handlers throw and what streams break off with into refusals. */
export class BudgetInterceptor implements NestInterceptor {
  readonly #shared: Shared;

  constructor(own: Shared) {
    this.#shared = own;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== "http") return next.handle();
    return defer(() => {
      this.#shared.enter(context, seenIn(context));
      return next.handle();
    }).pipe(
      map((sent: unknown) =>
        sent instanceof StreamableFile ? this.#whole(sent, seenIn(context)) : sent,
      ),
      catchError((error: unknown) => throwError(() => refusalOf(error))),
    );
  }

  /** An event stream that ends with what it broke off with. */
  #whole(file: StreamableFile, { request }: Seen): StreamableFile {
    const { http, setHeaders } = this.#shared;
    const { type } = file.getHeaders();
    if (!type.startsWith("text/event-stream")) return file;
    setHeaders(request, EVENT_STREAM_HEADERS);
    async function* events() {
      try {
        yield* file.getStream();
      } catch (error) {
        const last = http.answer(error, { begun: true, type });
        if (!last) throw error;
        yield last.event;
      }
    }
    return new StreamableFile(Readable.from(events()), { type });
  }
}
