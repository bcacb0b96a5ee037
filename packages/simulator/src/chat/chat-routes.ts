import type { RouteCall, RouteTable, GenerationReply } from "../http/routing.ts";
import { newId } from "../ids.ts";
import { isObject } from "../json.ts";
import { acceptRequest, type Holdings } from "../responses/accept-request.ts";
import type { Generate } from "../responses/generate.ts";
import { checkCreate } from "../responses/parameters.ts";
import { bodyObject } from "../responses/response-routes.ts";
import { chatForm } from "./chat-form.ts";
import { responseBody } from "./chat-request.ts";

const FROM_THE_START = -1;

/** `POST /v1/chat/completions`: the same model, told in the words of the API of before. */
export function chatRoutes(held: Holdings, generate: Generate): RouteTable {
  const create = ({ body, faults }: RouteCall): GenerationReply => {
    const asked = bodyObject(body);
    const fields = responseBody(asked);
    checkCreate(fields);
    const request = { ...acceptRequest(fields, faults, held), id: newId("chatcmpl") };
    const generation = generate(request);
    const options = asked["stream_options"];
    const wantsUsage = isObject(options) && options["include_usage"] === true;
    return {
      kind: "generation",
      generation,
      stream: request.stream,
      after: FROM_THE_START,
      form: chatForm(request, generation, wantsUsage),
    };
  };
  return { "POST /v1/chat/completions": create };
}
