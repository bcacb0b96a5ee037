/** Where each user is: in the tag of its first step, for good. What one user may spend counts in one place. */
import { BudgetError } from "@assistants-budget/core/store";
import { part } from "../keys.ts";
import { COPY } from "../lua/tags/copies.ts";
import { PLACE } from "../lua/tags/directory.ts";
import { text } from "../replies.ts";
import { asItWas } from "../script.ts";
import type { Tag, Tags } from "./tag.ts";

/** Places never change, so that what is remembered is true for good. */
const MOST = 100_000;

/** Before a tag's name in the directory, where an empty one is a name, too. */
const HERE = "@";

export interface Places {
  /**
   * Puts a user into this tag, if it is in none.
   *
   * @throws BudgetError `invalid_options` where it is in another one.
   */
  put(user: string, tag: Tag): Promise<void>;
  /** The tag of a user; nothing for one that nobody has seen. */
  of(user: string): Promise<Tag | undefined>;
  /** Copies to its tag what operators have said of a user at the main. */
  copy(user: string): Promise<void>;
  /** Whether operators have said something of a user at the main, before it had a tag. */
  isSpokenOf(user: string): Promise<boolean>;
}

export function places(tags: Tags, tagBy: string): Places {
  const known = new Map<string, string>();

  async function ask(user: string, tag: string): Promise<{ tag?: string; said: string }> {
    const args = [part(user), tag];
    const call = { script: PLACE, keys: [], args, again: asItWas("ok") };
    const reply = await tags.main.run.run(call);
    const found = text(reply[3]);
    const said = text(reply[4]);
    if (found === "") return { said };
    return { tag: found.slice(HERE.length), said };
  }

  function remember(user: string, tag: string): void {
    if (known.size >= MOST) known.clear();
    known.set(user, tag);
  }

  return {
    put: async (user, tag) => {
      let name = known.get(user);
      if (name === undefined) {
        const found = await ask(user, HERE + tag.name);
        name = found.tag ?? tag.name;
        if (name === tag.name) await say(user, found.said, tag);
        remember(user, name);
      }
      if (name !== tag.name) throw elsewhere(tagBy, tag.name, name);
    },
    of: async (user) => {
      const name = known.get(user) ?? (await ask(user, "")).tag;
      if (name === undefined) return undefined;
      return tags.of(name);
    },
    isSpokenOf: async (user) => (await ask(user, "")).said !== "",
    copy: async (user) => {
      const { tag, said } = await ask(user, "");
      if (tag !== undefined) await say(user, said, await tags.of(tag));
    },
  };
}

/** Versions of what was said at the main, before the user had a tag: no line of a tag has such a number. */
export const AT_MAIN: number = 2 ** 40;

/** What was said at the main, in the user's tag. */
async function say(user: string, said: string, { run }: Tag): Promise<void> {
  if (said === "") return;
  const args = [`user\n${part(user)}`, laterVersion(said)];
  await run.run({ script: COPY, keys: [], args, again: asItWas("ok") });
}

function laterVersion(said: string): string {
  return said.replace(/^\d+/u, (version) => String(Number(version) + AT_MAIN));
}

function elsewhere(tagBy: string, asked: string, found: string): BudgetError {
  const named = (tag: string) => (tag === "" ? `no ${tagBy}` : `${tagBy} ${tag}`);
  return new BudgetError("invalid_options", {
    message:
      `This user has spent under ${named(found)} and comes under ${named(asked)} now. With \`tagBy\` a user belongs to one ${tagBy}, ` +
      `or its limit would hold once a ${tagBy}: give it another id in each, such as \`${tagBy}/user\`.`,
    detail: "AI can't be used under this account here. Ask whoever runs this service.",
  });
}
