/** Server-sent events, as a client reads them. */

export interface Frame {
  readonly event: string;
  readonly data: string;
}

/** All events of a stream that has ended in good order. Comments are not events. */
export async function framesOf(response: Response): Promise<readonly Frame[]> {
  const blocks = (await response.text()).split(/\n\n+/);
  return blocks.flatMap((block) => {
    const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line));
    const all = (name: string) =>
      fields.filter((field) => field?.[1] === name).map((field) => field?.[2] ?? "");
    const data = all("data").join("\n");
    return data === "" ? [] : [{ event: all("event").at(-1) ?? "message", data }];
  });
}
