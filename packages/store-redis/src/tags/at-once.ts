/** How many tags are asked at the same moment. */
const MOST = 32;

/** Does this for each, a few at a time; the answers stand in their order. */
export async function atOnce<T, R>(
  all: readonly T[],
  work: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let i = 0; i < all.length; i += MOST)
    answers.push(...(await Promise.all(all.slice(i, i + MOST).map(work))));
  return answers;
}
