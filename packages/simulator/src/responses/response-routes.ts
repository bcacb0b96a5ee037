import { badRequest } from "../errors.ts";
import { itemPage } from "../http/pages.ts";
import { json, type GenerationReply, type RouteCall, type RouteTable } from "../http/routing.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { acceptRequest, readContext, type Holdings } from "./accept-request.ts";
import type { Generate } from "./generate.ts";
import { checkCount, checkCreate } from "./parameters.ts";
import { retrievedObject } from "./response-store.ts";

export function bodyObject(body: Json | undefined): JsonObject {
  if (body === undefined) return {};
  if (isObject(body)) return body;
  throw badRequest("Invalid body: expected a JSON object.", null);
}

const FROM_THE_START = -1;

/** Everything under /v1/responses. */
export function responseRoutes(held: Holdings, generate: Generate): RouteTable {
  const { responses } = held;

  const create = ({ body, faults }: RouteCall): GenerationReply => {
    const fields = bodyObject(body);
    checkCreate(fields);
    const request = acceptRequest(fields, faults, held);
    const generation = generate(request);
    if (request.store || request.background) responses.add({ request, generation });
    return { kind: "generation", generation, stream: request.stream, after: FROM_THE_START };
  };

  return {
    "POST /v1/responses": (call) => {
      const reply = create(call);
      const isQueued = !reply.stream && bodyObject(call.body)["background"] === true;
      return isQueued ? json(reply.generation.response()) : reply;
    },
    "POST /v1/responses/input_tokens": ({ body }) => {
      const fields = bodyObject(body);
      checkCount(fields);
      const { tokens } = readContext(fields, held).prompt;
      return json({ object: "response.input_tokens", input_tokens: tokens.length });
    },
    "GET /v1/responses/{id}": ({ params, query }) => {
      const stored = responses.get(params["id"] ?? "");
      if (query.get("stream") !== "true") return json(retrievedObject(stored));
      const after = Number(query.get("starting_after") ?? FROM_THE_START);
      return { kind: "generation", generation: stored.generation, stream: true, after };
    },
    "DELETE /v1/responses/{id}": ({ params }) => {
      const { id } = responses.get(params["id"] ?? "").request;
      responses.delete(id);
      return json({ id, object: "response", deleted: true });
    },
    "POST /v1/responses/{id}/cancel": ({ params }) => {
      const { request, generation } = responses.get(params["id"] ?? "");
      if (!request.background) throw badRequest("Cannot cancel a synchronous response.", null);
      generation.cancel();
      return json({ ...generation.response(), ...cancelledStatus(generation.progress().status) });
    },
    "GET /v1/responses/{id}/input_items": ({ params, query }) =>
      json(itemPage(responses.get(params["id"] ?? "").request.items, query)),
  };
}

/** A cancel is answered at once, a moment before the generation has wound up. */
function cancelledStatus(status: string): object {
  return status === "queued" || status === "in_progress" ? { status: "cancelled" } : {};
}
