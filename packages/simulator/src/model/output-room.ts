/** What a piece of the answer may take of the room that is left. */
export interface Share {
  /** The tokens that it got, at most those that it wanted. */
  readonly tokens: number;
  /** Whether it fits; once a piece did not, no other does. */
  readonly isWhole: boolean;
}

/** The room under a cap on output tokens, handed out in the order of writing. */
export interface OutputRoom {
  take(wanted: number): Share;
  readonly spent: number;
  readonly isCut: boolean;
}

export function createOutputRoom(cap: number): OutputRoom {
  let spent = 0;
  let isCut = false;
  return {
    take(wanted) {
      const tokens = isCut ? 0 : Math.min(wanted, cap - spent);
      isCut ||= tokens < wanted;
      spent += tokens;
      return { tokens, isWhole: !isCut };
    },
    get spent() {
      return spent;
    },
    get isCut() {
      return isCut;
    },
  };
}
