import { ApiError } from "../errors.ts";

/** Refuses a request without a key, or with another key than the one expected. */
export function checkKey(header: string | undefined, expected: string | undefined): void {
  const key = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
  if (key === undefined) {
    const message =
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    throw new ApiError({ status: 401, message });
  }
  if (expected === undefined || key === expected) return;
  const message = `Incorrect API key provided: ${key.slice(0, 3)}***. You can find your API key at https://platform.openai.com/account/api-keys.`;
  throw new ApiError({ status: 401, message, param: null, code: "invalid_api_key" });
}
