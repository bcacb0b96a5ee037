import { badRequest } from "../errors.ts";
import { show, type Json } from "../json.ts";
import type { ModelPrice, ServiceTier } from "../pricing.ts";

const TIERS: ReadonlyMap<Json | undefined, ServiceTier> = new Map([
  [undefined, "default"],
  [null, "default"],
  // The project's own setting, which here is the default.
  ["auto", "default"],
  ["default", "default"],
  // Bought beforehand, in units that nobody has here.
  ["scale", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
  ["fast", "priority"],
  ["ultrafast", "ultrafast"],
]);

/** The tier that a request ends in. */
export function readServiceTier(asked: Json | undefined, price: ModelPrice): ServiceTier {
  const tier = TIERS.get(asked);
  const isOffered = tier === "default" || (tier !== undefined && price.tiers?.[tier] !== undefined);
  if (tier !== undefined && isOffered) return tier;
  const message = `Invalid service_tier argument: '${show(asked)}' is not available for this model.`;
  throw badRequest(message, "service_tier", "invalid_value");
}
