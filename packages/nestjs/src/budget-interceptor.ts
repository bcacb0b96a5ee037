import { Readable } from "node:stream";
import { EVENT_STREAM_HEADERS } from "@assistants-budget/core/http";
import {
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  StreamableFile,
} from "@nestjs/common";
import { type Observable, catchError, defer, from, mergeMap, of, throwError } from "rxjs";
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
      mergeMap((sent: unknown) =>
        isEventStream(sent) ? from(this.#whole(sent, seenIn(context))) : of(sent),
      ),
      catchError((error: unknown) => throwError(() => refusalOf(error))),
    );
  }

  /** An event stream that ends with what it broke off with; a refusal before its first event is thrown. */
  async #whole(file: StreamableFile, { request }: Seen): Promise<StreamableFile> {
    const { http, setHeaders } = this.#shared;
    const frames = await http.events(file.getStream());
    setHeaders(request, EVENT_STREAM_HEADERS);
    return new StreamableFile(Readable.from(frames), { type: file.getHeaders().type });
  }
}

function isEventStream(sent: unknown): sent is StreamableFile {
  return sent instanceof StreamableFile && sent.getHeaders().type.startsWith("text/event-stream");
}
