/** How holds end: once, also where the store is away, and also for steps that nothing was held for. */
import { askStore } from "./ask-store.ts";
import type { Demand } from "./demand.ts";
import type { KeptCharges } from "./kept-charges.ts";
import { pending } from "./pending.ts";
import { stepLines } from "./read-lines.ts";
import type { Charge, ReserveRequest, SettleReply, Store } from "./store.ts";
import { type Unheld, type UnheldSteps, stepOf, unheldCharge, withoutLimits } from "./unheld.ts";

/** How a hold is to end: with a charge, or without one. Plain data: it may wait on a disk. */
interface End {
  readonly hold: string;
  /** The store that it is for: a file may be opened beside another one. */
  readonly store: string;
  readonly charge?: Charge;
  /** Set for a step that went out without a hold. */
  readonly unheld?: Unheld;
  /** What the hold was taken for: a store that was restored from a backup may not know it any more. */
  readonly taken?: Unheld;
}

/** How it did end; `pending` where the store is away: the end is kept and offered again. */
export type EndReply = SettleReply | { readonly kind: "pending" };

export interface Endings {
  /** How many are waiting for the store. */
  readonly waiting: number;
  /** Remembers until its end what a hold is taken for. */
  taken(hold: string, demand: Demand, outputTokens: number): void;
  /** Without a charge it is a release. Never throws for a store that is away. */
  end(hold: string, charge?: Charge): Promise<EndReply>;
  /** Takes up what an earlier process could not bring to the store. */
  resume(): Promise<void>;
  /** Offers once more what the store could not take, and stops. */
  close(): Promise<void>;
}

export interface EndingsHost {
  readonly store: Pick<Store, "name" | "reserve" | "settle" | "release" | "lines">;
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
  const open = new Map<string, { readonly demand: Demand; readonly outputTokens: number }>();
  /** Holds that the store did not know, until they have ended. */
  const forgotten = new Set<string>();

  async function offer({ hold, charge, unheld: step, taken }: End): Promise<SettleReply> {
    if (step) await holdAfterwards(hold, step);
    let reply = await say(hold, charge);
    if (charge && reply.kind === "unknown") reply = await chargeForgotten(hold, charge, taken);
    forgotten.delete(hold);
    host.ended(hold, reply);
    return reply;
  }

  function say(hold: string, charge: Charge | undefined): Promise<SettleReply> {
    if (!charge) return askStore(() => store.release(hold));
    const why = "the store did not know the hold";
    const said = forgotten.has(hold) ? unheldCharge(charge, why) : charge;
    return askStore(() => store.settle(hold, said));
  }

  /** What a hold cost that the store does not know: it is held once more, by its own id, unless its line is there. */
  async function chargeForgotten(
    hold: string,
    charge: Charge,
    taken: Unheld | undefined,
  ): Promise<SettleReply> {
    const what = `a charge of ${charge.nano} nano-dollars (response ${charge.responseId ?? "unknown"})`;
    if (!taken) {
      warn(`the store does not know hold ${hold}, so ${what} is not in the ledger`);
      return { kind: "unknown" };
    }
    // A hold is forgotten a month after its end, its line never.
    const lines = await stepLines(store, { run: taken.demand.facts.run });
    const line = lines.find((one) => one.hold === hold && one.kind === "charge");
    if (line) return { kind: "already", line };
    forgotten.add(hold);
    await holdAfterwards(hold, taken);
    const reply = await say(hold, charge);
    warn(`the store did not know hold ${hold}; ${what} is counted in the windows in force now`);
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
    taken: (hold, demand, outputTokens) => void open.set(hold, { demand, outputTokens }),
    end: async (hold, charge) => {
      const own = { hold, store: store.name };
      const step = unheld.end(hold);
      const of = open.get(hold);
      open.delete(hold);
      // What went out on trust and cost nothing never was.
      if (!charge) return step ? { kind: "released", windows: [] } : end(own);
      if (!step)
        return end({ ...own, charge, ...(of && { taken: stepOf(of.demand, of.outputTokens) }) });
      return end({ ...own, charge: unheldCharge(charge, "the store was away"), unheld: step });
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
  const { charge, unheld, taken } = value;
  const isCharge = (one: unknown): boolean =>
    isRecord(one) && Number.isSafeInteger(one["nano"]) && Number.isSafeInteger(one["tokens"]);
  const isStep = (one: unknown): boolean =>
    isRecord(one) && isRecord(one["demand"]) && Number.isSafeInteger(one["outputTokens"]);
  return (
    (charge === undefined || isCharge(charge)) &&
    [unheld, taken].every((step) => step === undefined || isStep(step))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
