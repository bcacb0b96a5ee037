/** How holds end: once, also where the store is away, and also for steps that nothing was held for. */
import { askStore } from "./ask-store.ts";
import type { KeptCharges } from "./kept-charges.ts";
import { pending } from "./pending.ts";
import type { Charge, ReserveRequest, SettleReply, Store } from "./store.ts";
import { type Unheld, type UnheldSteps, unheldCharge, withoutLimits } from "./unheld.ts";

/** How a hold is to end: with a charge, or without one. Plain data: it may wait on a disk. */
interface End {
  readonly hold: string;
  /** The store that it is for: a file may be opened beside another one. */
  readonly store: string;
  readonly charge?: Charge;
  /** Set for a step that went out without a hold. */
  readonly unheld?: Unheld;
}

/** How it did end; `pending` where the store is away: the end is kept and offered again. */
export type EndReply = SettleReply | { readonly kind: "pending" };

export interface Endings {
  /** How many are waiting for the store. */
  readonly waiting: number;
  /** Without a charge it is a release. Never throws for a store that is away. */
  end(hold: string, charge?: Charge): Promise<EndReply>;
  /** Takes up what an earlier process could not bring to the store. */
  resume(): Promise<void>;
  /** Offers once more what the store could not take, and stops. */
  close(): Promise<void>;
}

export interface EndingsHost {
  readonly store: Pick<Store, "name" | "reserve" | "settle" | "release">;
  readonly unheld: UnheldSteps;
  readonly keptCharges: KeptCharges | undefined;
  readonly warn: (message: string) => void;
  /** What a step that nothing was held for would ask of the store now. */
  readonly requestOf: (hold: string, demand: Unheld["demand"]) => Promise<ReserveRequest>;
  /** Told of each answer of a reserve, and of each end. */
  readonly learned: (reply: Awaited<ReturnType<Store["reserve"]>>) => void;
  readonly ended: (hold: string, reply: SettleReply) => void;
}

export function endings(host: EndingsHost): Endings {
  const { store, unheld, warn, keptCharges } = host;
  const isOurs = (value: unknown): value is End => isEnd(value) && value.store === store.name;
  const kept = keptCharges ? { charges: keptCharges, warn, isWork: isOurs } : undefined;
  const unsettled = pending(offer, kept);

  async function offer({ hold, charge, unheld: step }: End): Promise<SettleReply> {
    if (step) await holdAfterwards(hold, step);
    const reply = await askStore(() => (charge ? store.settle(hold, charge) : store.release(hold)));
    if (charge && reply.kind === "unknown")
      warn(
        `the store does not know hold ${hold}, so a charge of ${charge.nano} nano-dollars is not in the ledger (response ${charge.responseId ?? "unknown"})`,
      );
    host.ended(hold, reply);
    return reply;
  }

  /** Holds what has been spent already, by its own id and whatever room there is. */
  async function holdAfterwards(hold: string, { demand, outputTokens }: Unheld): Promise<void> {
    for (;;) {
      const request = await host.requestOf(hold, demand);
      const reply = await askStore(() => store.reserve(withoutLimits(request, outputTokens)));
      host.learned(reply);
      if (reply.kind === "held" || reply.kind === "ended") return;
    }
  }

  async function end(ending: End): Promise<EndReply> {
    try {
      return await offer(ending);
    } catch {
      // Its hold goes on living, so that nobody recovers it meanwhile.
      unsettled.add(ending.hold, ending, { keep: ending.charge !== undefined });
      return { kind: "pending" };
    }
  }

  return {
    get waiting() {
      return unsettled.size;
    },
    end: async (hold, charge) => {
      const own = { hold, store: store.name };
      const step = unheld.end(hold);
      if (!step) return end(charge ? { ...own, charge } : own);
      // What went out on trust and cost nothing never was.
      if (!charge) return { kind: "released", windows: [] };
      return end({ ...own, charge: unheldCharge(charge), unheld: step });
    },
    resume: () => unsettled.resume(),
    close: async () => {
      await unsettled.flush();
      unsettled.close();
      if (keptCharges) return;
      for (const { hold, charge, unheld: step } of unsettled.left())
        if (charge)
          warn(
            `the store is still away, and a charge of ${charge.nano} nano-dollars (hold ${hold}, response ${charge.responseId ?? "unknown"}) is lost with this process; ${step ? "nothing was held for it" : "recovery charges what was held"}. \`keepCharges\` would keep it.`,
          );
    },
  };
}

/** What lies on a disk may be anything. */
function isEnd(value: unknown): value is End {
  if (!isRecord(value) || typeof value["hold"] !== "string") return false;
  const { charge, unheld } = value;
  const isCharge = (one: unknown): boolean =>
    isRecord(one) && Number.isSafeInteger(one["nano"]) && Number.isSafeInteger(one["tokens"]);
  const isStep = (one: unknown): boolean =>
    isRecord(one) && isRecord(one["demand"]) && Number.isSafeInteger(one["outputTokens"]);
  return (charge === undefined || isCharge(charge)) && (unheld === undefined || isStep(unheld));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
