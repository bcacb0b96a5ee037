/** How large a slice a node asks for, and whether it gives back what it does not need. */
export interface Policy {
  readonly name: string;
  readonly returns: boolean;
  /** Parts of the limit. */
  readonly size: (of: { readonly left: number; readonly nodes: number }) => number;
  /** Tells the main first and itself afterwards. Wrong: here to show that it is found out. */
  readonly isCareless?: boolean;
}

const SIZES = [
  { name: "1/100", size: () => 1 / 100 },
  { name: "1/1,000", size: () => 1 / 1000 },
  {
    name: "halving",
    size: ({ left, nodes }: { left: number; nodes: number }) => left / (2 * nodes),
  },
] as const;

export const POLICIES: readonly Policy[] = [false, true].flatMap((returns) =>
  SIZES.map((one) => ({ ...one, returns })),
);
