export { createSimulator, type Simulator } from "./simulator.ts";
export type { SimulatorOptions } from "./options.ts";
export type { Invoice, InvoiceLine } from "./invoice.ts";
export type {
  InvoiceUsage,
  ModelPrice,
  PriceOverrides,
  ServiceTier,
  TierPrice,
} from "./pricing.ts";
export type { RecordedRequest } from "./http/request-log.ts";
export type { Fault, FaultKind } from "./faults/faults.ts";
export { shopAssistant } from "./scripts/shop-assistant.ts";
export { callsTools, echo, fixed, longOutput, loopsOn, sequence } from "./scripts/scripts.ts";
export type {
  ModelCall,
  ModelReply,
  ModelScript,
  ScriptedCall,
  ToolOutput,
} from "./model/model-script.ts";
export type {
  FunctionCallItem,
  FunctionCallOutputItem,
  InputText,
  Item,
  ItemStatus,
  MessageItem,
  OutputText,
  ReasoningItem,
  Refusal,
} from "./model/items.ts";
export type { FunctionTool, ToolChoice } from "./model/tools.ts";
export type { Json, JsonObject } from "./json.ts";
