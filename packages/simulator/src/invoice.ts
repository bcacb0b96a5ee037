import {
  chargeNano,
  formatUsd,
  type Charge,
  type InvoiceUsage,
  type ServiceTier,
} from "./pricing.ts";

/** What the provider bills for one response. */
export interface InvoiceLine {
  readonly responseId: string;
  /** The model that answered, by the name it answered with. */
  readonly model: string;
  readonly requestedModel: string;
  /** The tier that was used, not the one asked for. */
  readonly serviceTier: ServiceTier;
  readonly usage: InvoiceUsage;
  /** The price in nano-dollars (10^-9 US dollars), rounded up once. */
  readonly nano: bigint;
  /** How the generation ended. */
  readonly status: "completed" | "incomplete" | "failed" | "cancelled";
  /** When the generation ended, in milliseconds since 1970. */
  readonly at: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bill so far: a line for each generation that has ended, whether or not its client stayed. */
export interface Invoice {
  readonly lines: readonly InvoiceLine[];
  /** The sum of the lines in nano-dollars. */
  readonly total: bigint;
  /** The same sum as a decimal string of US dollars with nine places. */
  readonly totalUsd: string;
}

export interface InvoiceBook {
  bill(line: Omit<InvoiceLine, "nano" | "at" | "usage" | "serviceTier">, charge: Charge): void;
  snapshot(): Invoice;
}

export function createInvoiceBook(): InvoiceBook {
  const lines: InvoiceLine[] = [];
  return {
    bill(line, charge) {
      const { tier, usage } = charge;
      lines.push({ ...line, serviceTier: tier, usage, nano: chargeNano(charge), at: Date.now() });
    },
    snapshot() {
      const copy = structuredClone(lines);
      const total = copy.reduce((sum, line) => sum + line.nano, 0n);
      return { lines: copy, total, totalUsd: formatUsd(total) };
    },
  };
}
