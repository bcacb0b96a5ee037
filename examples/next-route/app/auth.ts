/** Stands in for your `auth()`, whichever it is: who is signed in on this request. */
export async function auth(): Promise<{ user?: { id?: string } } | null> {
  return { user: { id: "you" } };
}
