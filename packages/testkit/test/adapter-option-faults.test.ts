/** The suite barks at adapters that lose what their options, policies and headers say. */
import type { PolicyOptions } from "@assistants-budget/core";
import type { AppDescription } from "../src/index.ts";
import type { Fault } from "./adapter-harness.ts";
import { identifying, ownId, routing, writing } from "./adapter-planting.ts";
import { type Planted, declareFaults } from "./planted-adapter.ts";

/** Changes what the adapter is given. */
const options = (
  change: (options: AppDescription["options"]) => AppDescription["options"],
): Pick<Fault, "app"> => ({ app: (app) => ({ ...app, options: change(app.options) }) });

const plain = ({ override: _override, ...policy }: PolicyOptions): PolicyOptions => policy;

const FAULTS: Readonly<Record<string, Planted>> = {
  "never lets a route raise": {
    notices: "a policy that overrides raises what holds outside, on its route alone",
    ...routing(({ policy, ...route }) => ({ ...route, ...(policy && { policy: plain(policy) }) })),
  },
  "lifts all limits where one is raised": {
    notices: "a policy that overrides keeps what it does not name",
    ...options(({ limits: _limits, ...rest }) => ({ ...rest, limits: { user: "9 runs/day" } })),
  },
  "loses the policy of a router": {
    notices: "a policy of a router narrows all its routes, and theirs narrow within it",
    ...routing(({ router, ...route }) => ({
      ...route,
      ...(router && { router: { ...router, policy: {} } }),
    })),
  },
  "lets a router raise": {
    notices: "a router can't override: no route raises a cap by accident",
    ...routing(({ router, path, ...route }) => ({
      ...route,
      path: (router?.path ?? "") + path,
      ...(router && { policy: router.policy }),
    })),
  },
  "has no plans": {
    notices: "limits may be a function of who asks: plans",
    ...options(({ identify: _identify, ...rest }) => ({ ...rest, identify: () => "alice" })),
  },
  "lets everybody in": {
    notices: "whoever is not signed in is refused, unless the app says otherwise",
    ...options((rest) => ({ ...rest, anonymous: "shared" })),
  },
  "gives the anonymous the budget of the signed-in": {
    notices: "`anonymous` may be a function; its users are never those who are signed in",
    ...identifying((req) => ownId(req) ?? "alice"),
  },
  "counts by `sub` alone": {
    notices: "two issuers with one `sub`: the developer is told, and can keep them apart",
    ...options(({ issuerQualified: _qualified, ...rest }) => rest),
  },
  "tells of money unasked": {
    notices: "no answer tells of money unless the app asks for it",
    ...options((rest) => ({ headers: "percent", ...rest })),
  },
  "loses headers": {
    notices: "`headers: 'percent'` tells what is left of the caller's nearest limit",
    answer: (res) => void Object.assign(res, { setHeaders: () => res }),
  },
  "tells of money everywhere": {
    notices: "routes that never touch the assistants carry no headers",
    ...writing((status, headers) => [status, { ...headers, "Budget-Remaining": "100" }]),
  },
  "lets its own events end without a word": {
    notices: "the adapter's own events: what breaks off ends with the problem, and is told of",
    answer: (res) => {
      const write = res.write.bind(res) as (frame: string) => boolean;
      Object.assign(res, {
        write: (frame: string) => frame.startsWith("event: problem") || write(frame),
      });
    },
  },
  "begins its own events before it knows": {
    notices: "the adapter's own events: a refusal before the first one is a plain 402",
    ...routing(({ handler, ...route }) => ({
      ...route,
      handler:
        handler.kind === "run"
          ? {
              kind: "events",
              async *frames(request) {
                yield ": here it comes\n\n";
                for await (const { type } of handler.stream(request)) yield `event: ${type}\n\n`;
              },
            }
          : handler,
    })),
  },
  "never warns": {
    notices: "`onWarning` is told after a run that leaves little, with the window",
    ...options(({ onWarning: _onWarning, ...rest }) => rest),
  },
};

declareFaults(FAULTS);
