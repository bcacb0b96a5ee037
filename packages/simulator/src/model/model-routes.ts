import { ApiError } from "../errors.ts";
import { json, type RouteTable } from "../http/routing.ts";
import type { ModelCatalog } from "./model-catalog.ts";

function modelObject(id: string): object {
  return { id, object: "model", created: 0, owned_by: "simulator" };
}

/** Everything under /v1/models. */
export function modelRoutes(models: ModelCatalog): RouteTable {
  return {
    "GET /v1/models": () => json({ object: "list", data: models.names.map(modelObject) }),
    "GET /v1/models/{id}": ({ params }) => {
      const id = params["id"] ?? "";
      if (models.find(id) !== undefined) return json(modelObject(id));
      const message = `The model '${id}' does not exist or you do not have access to it.`;
      throw new ApiError({ status: 404, message, param: "model", code: "model_not_found" });
    },
  };
}
