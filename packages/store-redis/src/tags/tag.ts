/** The tags of one budget: each is a store of its own, opened when somebody of its own comes. */
import { tagKeysOf } from "../keys.ts";
import { COPY, SHARED } from "../lua/tags/copies.ts";
import { ENLIST, TAGS } from "../lua/tags/directory.ts";
import { type Methods, methodsAt } from "../methods.ts";
import { text } from "../replies.ts";
import { type Scripts, type ScriptsHost, asItWas } from "../script.ts";
import { atOnce } from "./at-once.ts";

export interface Tag {
  readonly name: string;
  readonly run: Scripts;
  readonly store: Methods;
}

export interface Tags {
  readonly main: Tag;
  /** This one, opened, with the settings that all have. */
  of(name: string): Promise<Tag>;
  /** All that there are, opened. */
  all(): Promise<readonly Tag[]>;
  /** Gives this tag the settings that all have, as they stand at the main. */
  refresh(tag: Tag): Promise<void>;
  /** Gives every tag the settings of these subjects, by their keys, as they stand at the main. */
  share(keys: readonly string[]): Promise<void>;
  /** Forgets the servers, so that the next call opens again. */
  close(): void;
}

export function tagsOf(host: ScriptsHost): Tags {
  const { options } = host;
  const { run, methods } = methodsAt(host);
  const main: Tag = { name: "", run, store: methods };
  let opening = new Map<string, Promise<Tag>>();

  /** The tag is in the main's list before anything is written under it. */
  async function open(name: string): Promise<Tag> {
    const enlist = async (set: string) => {
      const call = { script: ENLIST, keys: [], args: [name, set], again: asItWas("ok") };
      return text((await main.run.run(call))[3]);
    };
    const known = await enlist("");
    const { run: own, methods: store } = methodsAt({
      ...host,
      keys: tagKeysOf(options.prefix, name),
      options: { ...options, create: options.create || known === "" },
    });
    const tag = { name, run: own, store };
    await own.open();
    if (own.set() !== known) await enlist(own.set());
    await copy(tag, await shared([]));
    return tag;
  }

  async function shared(added: readonly string[]): Promise<readonly string[]> {
    const call = { script: SHARED, keys: [], args: added, again: asItWas("ok") };
    return (await main.run.run(call)).slice(3).map(text);
  }

  async function copy({ run: own }: Tag, said: readonly string[]): Promise<void> {
    if (said.length > 0)
      await own.run({ script: COPY, keys: [], args: said, again: asItWas("ok") });
  }

  function of(name: string): Promise<Tag> {
    const known = opening.get(name);
    if (known) return known;
    const opened = open(name).catch((error: unknown) => {
      opening.delete(name);
      throw error;
    });
    opening.set(name, opened);
    return opened;
  }

  async function all(): Promise<readonly Tag[]> {
    const names = (await main.run.run({ script: TAGS, keys: [], args: [] })).slice(3).map(text);
    return atOnce(names.toSorted(), of);
  }

  return {
    main,
    of,
    all,
    refresh: async (tag) => copy(tag, await shared([])),
    share: async (added) => {
      const said = await shared(added);
      await atOnce(await all(), (tag) => copy(tag, said));
    },
    close: () => {
      for (const tag of opening.values())
        tag.then(
          ({ run: own }) => own.close(),
          () => undefined,
        );
      opening = new Map();
      run.close();
    },
  };
}
