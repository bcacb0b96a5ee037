interface ApiErrorFields {
  readonly status: number;
  readonly message: string;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal in OpenAI's shape: thrown anywhere while a request is handled, written once. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(fields: ApiErrorFields) {
    super(fields.message);
    this.name = "ApiError";
    this.status = fields.status;
    this.type = fields.type ?? "invalid_request_error";
    this.param = fields.param ?? null;
    this.code = fields.code ?? null;
    this.headers = fields.headers ?? {};
  }

  get body(): object {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

export function badRequest(
  message: string,
  param: string | null,
  code: string | null = null,
): ApiError {
  return new ApiError({ status: 400, message, param, code });
}

export function notFound(message: string, param: string | null = null): ApiError {
  return new ApiError({ status: 404, message, param });
}

export function serverError(
  message = "The server had an error while processing your request. Sorry about that!",
): ApiError {
  return new ApiError({ status: 500, message, type: "server_error", code: "server_error" });
}
