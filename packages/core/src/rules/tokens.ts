const encoder = new TextEncoder();

/** The UTF-8 bytes of a text; a lone surrogate counts 3, as the replacement it is sent as. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** What every request may carry beyond its own bytes: role markers and the reply's primer. */
const FRAME = 64;
/** What an item or a tool may be wrapped in; the API's published overheads are 3 to 12 tokens. */
const WRAPPING = 16;

/**
 * A bound of a request's prompt tokens without a tokenizer: a token covers at least one byte of
 * the JSON body as sent, and what the provider wraps around it is 64, and 16 an item and a tool.
 */
export function promptBound(body: {
  readonly bytes: number;
  readonly items: number;
  readonly tools: number;
}): number {
  return body.bytes + FRAME + WRAPPING * body.items + WRAPPING * body.tools;
}
