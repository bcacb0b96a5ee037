/** Every function that can be reached from a client of the SDK, by its path. */
export function methodsOf(client: object): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<unknown>();
  walk(client, "");
  return found;

  function walk(object: object, path: string): void {
    if (seen.has(object)) return;
    seen.add(object);
    for (const { key, value } of membersOf(object)) {
      const name = path === "" ? key : `${path}.${key}`;
      if (typeof value === "function") found.add(name);
      else if (isResource(value)) walk(value, name);
    }
  }
}

/** Own and inherited, without calling a getter. */
function membersOf(object: object): readonly { readonly key: string; readonly value: unknown }[] {
  const members: { key: string; value: unknown }[] = [];
  for (let at: unknown = object; isObject(at) && at !== Object.prototype;) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (key !== "constructor" && key !== "_client") members.push({ key, value });
    at = Object.getPrototypeOf(at);
  }
  return members;
}

function isResource(value: unknown): value is object {
  return isObject(value) && "_client" in value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
