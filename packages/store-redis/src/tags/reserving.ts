/** A reserve: one round trip to its tag, where the slices have room; else slices are taken first. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ReserveReply,
  type ReserveRequest,
  type Settings,
  type WindowClaim,
  type WindowState,
  admit,
} from "@assistants-budget/core/store";
import { check } from "../operation.ts";
import type { Homes } from "./homes.ts";
import { type Drawn, type Lending, mostOf } from "./lending.ts";
import type { Answer } from "./main-window.ts";
import type { Places } from "./places.ts";
import { isNarrow, sliceLimit, sliceWindow } from "./slice.ts";
import type { Tag, Tags } from "./tag.ts";

/** How often slices are taken for one reserve: others may take what came, or take it back. */
const TRIES = 8;

/** Clocks of two nodes that disagree about a window agree a moment later. */
const APART_MS = 20;

export interface ReservingHost {
  readonly tagBy: string;
  readonly tags: Tags;
  readonly places: Places;
  readonly lending: Lending;
  readonly homes: Homes;
  /** Whether windows of this scope lie in one tag as they are. */
  readonly isOwn: (scope: string) => boolean;
}

type Claimed = Drawn | { readonly none: Answer } | undefined;

export function reserving(host: ReservingHost): (request: ReserveRequest) => Promise<ReserveReply> {
  const { tagBy, tags, places, lending, homes, isOwn } = host;

  return async (request) => {
    check(request);
    const tag = await tags.of(request.facts.subjects?.[tagBy] ?? "");
    await Promise.all(usersOf(request).map((user) => places.put(user, tag)));
    const shared = request.claims.map(({ scope }) => !isOwn(scope));
    const none = new Map<number, Answer>();
    for (let tries = 0; ; tries += 1) {
      const claimed = await claimAll(tag, request, { shared, none });
      const stale = claimed.find((one) => one && "none" in one && one.none.kind === "stale");
      if (stale && "none" in stale) {
        await sleep(APART_MS);
        return { kind: "stale", now: stale.none.now };
      }
      const reply = await asked(tag, request, claimed);
      if (reply.kind === "refused" && tries < TRIES) {
        const more = reply.refused.some((i) => shared[i] && !none.has(i));
        if (more) continue;
      }
      if (reply.kind === "stale" && shared.includes(true)) {
        for (const [i, claim] of request.claims.entries())
          if (shared[i]) lending.forget(tag, claim);
        if (tries === 0) continue;
        await sleep(APART_MS);
      }
      if (reply.kind === "settings")
        return { ...reply, settings: await newest(tag, reply.settings) };
      return replyOf(reply, { request, tag, none });
    }
  };

  /** A slice for each shared claim; what the main has none of is noted, and tried with what is there. */
  async function claimAll(
    tag: Tag,
    request: ReserveRequest,
    { shared, none }: { readonly shared: readonly boolean[]; readonly none: Map<number, Answer> },
  ): Promise<readonly Claimed[]> {
    const claimed: Claimed[] = [];
    const taking: Promise<void>[] = [];
    const take = async (i: number, claim: WindowClaim) => {
      const found = await lending.take(tag, claim, request);
      claimed[i] = "slice" in found ? found : { none: found };
      if (!("slice" in found)) none.set(i, found);
    };
    for (const [i, claim] of request.claims.entries()) {
      if (!shared[i]) continue;
      const known = none.get(i);
      const slice = known ? undefined : lending.draw(tag, claim, mostOf(claim, request));
      if (known) claimed[i] = { none: known };
      else if (slice) claimed[i] = { slice };
      else taking.push(take(i, claim));
    }
    if (taking.length === 0) return claimed;
    const failed = (await Promise.allSettled(taking)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") {
      giveUp(request, claimed);
      throw failed.reason;
    }
    return claimed;
  }

  async function asked(
    tag: Tag,
    request: ReserveRequest,
    claimed: readonly Claimed[],
  ): Promise<ReserveReply> {
    const claims = request.claims.map((claim, i) => {
      if (isOwn(claim.scope)) return claim;
      const one = claimed[i];
      const slice = one && "slice" in one ? one.slice : lending.sliceOf(tag, claim);
      // Of a window that nothing was ever lent of, the slice is nothing.
      const at = one && "none" in one ? one.none.state : claim;
      const isNone = isNarrow(claim) && one && "none" in one;
      const window = isNone ? sliceWindow(at, "nothing") : slice?.window;
      const { fixed, perOutput } = claim;
      return {
        ...(window ?? sliceWindow(at, sliceLimit(claim))),
        limit: 0,
        cap: null,
        fixed,
        perOutput,
      };
    });
    try {
      const output = { ...request.output, max: mostTokens(request, claimed) };
      const reply = await tag.store.reserve({ ...request, claims, output });
      if (reply.kind === "held") homes.add(request.hold, tag);
      if (reply.kind === "held" || reply.kind === "refused")
        await lending.heard(tag, reply.windows);
      return reply;
    } finally {
      giveUp(request, claimed);
    }
  }

  /** A window that has no more: what is free in this tag's slice is held by nobody. */
  function lacking(tag: Tag, claim: WindowClaim, { state }: Answer): WindowState {
    const free = Math.max(lending.sliceOf(tag, claim)?.room ?? 0, 0);
    return { ...state, held: Math.max(state.held - free, 0) };
  }

  /** Where an act of the main has not come through to this tag, it does now. */
  async function newest(tag: Tag, found: readonly Settings[]): Promise<readonly Settings[]> {
    if (found.every(({ scope }) => isOwn(scope))) return found;
    await tags.refresh(tag);
    return tag.store.settings(found);
  }

  function replyOf(reply: ReserveReply, { request, tag, none }: Refusing): ReserveReply {
    if (reply.kind === "held")
      return { ...reply, windows: reply.windows.map((state) => lending.shown(state, tag)) };
    if (reply.kind !== "refused") return reply;
    const windows = reply.windows.map((state, i) => {
      const answer = none.get(i);
      const claim = request.claims[i];
      return answer && claim ? lacking(tag, claim, answer) : lending.shown(state, tag);
    });
    const noticed = [...none.values()].some((answer) => answer.noticed);
    return {
      ...reply,
      windows,
      fits: reply.fits.map((fits, i) => {
        const state = windows[i];
        const claim = request.claims[i];
        return none.has(i) && claim && state ? fitsIn(claim, state, request) : fits;
      }),
      ...(noticed || reply.noticed ? { noticed: true } : {}),
    };
  }
}

/** Where a limit was lowered for this step, its slice may have room that is not for it. */
function mostTokens({ claims, output }: ReserveRequest, claimed: readonly Claimed[]): number {
  const fits = claims.map(({ fixed, perOutput }, i) => {
    const one = claimed[i];
    if (!one || !("lent" in one) || one.lent === undefined) return output.max;
    const verdict = admit([{ limit: one.lent, spent: 0, held: 0, fixed, perOutput }], output);
    return verdict.ok ? verdict.outputTokens : output.min;
  });
  return Math.min(output.max, ...fits);
}

interface Refusing {
  readonly request: ReserveRequest;
  readonly tag: Tag;
  readonly none: ReadonlyMap<number, Answer>;
}

/** What was asked for is no longer asked for, whatever came of it. */
function giveUp(request: ReserveRequest, claimed: readonly Claimed[]): void {
  for (const [i, one] of claimed.entries()) {
    const claim = request.claims[i];
    if (one && claim && "slice" in one) one.slice.asked -= mostOf(claim, request);
  }
}

/** How many output tokens would fit into what the main has. */
function fitsIn(claim: WindowClaim, state: WindowState, { output }: ReserveRequest): number {
  const limit = claim.limit === null ? null : claim.limit + state.credit;
  const { spent, held } = state;
  const { fixed, perOutput } = claim;
  const verdict = admit([{ limit, spent, held, fixed, perOutput }], output);
  return verdict.ok ? verdict.outputTokens : (verdict.fits[0] ?? 0);
}

/** Everybody whose windows this counts in, or whose settings it goes by. */
function usersOf({ facts, claims, subjects }: ReserveRequest): readonly string[] {
  const users = new Set([facts.user]);
  for (const { scope, subject } of claims) if (scope === "user") users.add(subject);
  for (const { scope, subject } of subjects) if (scope === "user") users.add(subject);
  return [...users];
}
