/** Five parts of a set, by task: what holds in the worst of them does not hang on one task. */
const FOLDS = 5;

interface Tasked {
  readonly task: string;
  readonly label: { readonly loop: string };
}

/** No task is in two parts, and tasks with loops are dealt out evenly. */
export function folds<One extends Tasked>(all: readonly One[]): readonly (readonly One[])[] {
  const byTask = Map.groupBy(all, ({ task }) => task);
  const hasLoop = (ones: readonly One[]) => ones.some(({ label }) => label.loop === "yes");
  const tasks = [...byTask].map(([task, ones]) => ({
    ones,
    order: hash(task),
    loop: hasLoop(ones),
  }));
  const dealt = tasks.toSorted((a, b) => Number(b.loop) - Number(a.loop) || a.order - b.order);
  const parts: One[][] = Array.from({ length: FOLDS }, () => []);
  for (const [at, { ones }] of dealt.entries()) parts[at % FOLDS]?.push(...ones);
  return parts;
}

/** An order of the tasks that has nothing to do with their names. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const letter of text) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (sum ^ (sum >>> 15)) >>> 0;
}
