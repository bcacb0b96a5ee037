import { LETTER, classOf } from "./characters.ts";
import { FIRST, stepped, wordTable } from "./word-hash.ts";

/** What a tool does, as its name says: one bit each. */
export const DOES = {
  /** Looks things up. */
  read: 1,
  /** Makes something new: a second equal call makes it twice. */
  make: 2,
  /** Writes down a thought; changes nothing. */
  note: 4,
  /** Lets time pass. */
  wait: 8,
  /** Presses a key: presses are alike and mean something each. */
  press: 16,
  /** Tells how something stands. */
  status: 32,
  /** Runs command lines. */
  shell: 64,
} as const;

const VERBS = DOES.read | DOES.make | DOES.note | DOES.wait | DOES.press;

const NAME_WORDS = wordTable(
  {
    read: `get list search find read view fetch look lookup query show count grep ls cat describe
      check poll watch monitor browse inspect retrieve load download scan status state is has print
      display head tail stat diff explain calculate compute select`,
    make: `create make add post send insert issue open book place submit charge pay refund append
      publish upload register order start trigger launch schedule enqueue`,
    note: "think thought thoughts reason reflect note log plan scratchpad memo todo",
    wait: "sleep wait pause delay idle",
    press: "",
    status: "status state poll check progress describe watch monitor",
    shell: "bash shell sh zsh terminal console cmd powershell command",
  },
  DOES,
);

const PRESSES = wordTable(
  { press: "press keys keypress hotkey scroll swipe" },
  { press: DOES.press },
);

/** Only at the beginning: `get_key` looks up. */
const TAPS = wordTable({ press: "key tap click pan" }, { press: DOES.press });

/** What a tool's name says that it does: the first verb counts, `status` and `shell` anywhere. */
export function traitsOf(name: string): number {
  let traits = 0;
  let verb = 0;
  let hash = FIRST;
  let length = 0;
  let isFirst = true;
  const end = Math.min(name.length, 128);
  for (let at = 0; at <= end; at++) {
    const code = at < end ? name.charCodeAt(at) : 0;
    const isLetter = classOf(code) === LETTER && code !== 95;
    const isCapital = code > 64 && code < 91;
    if (length > 0 && (!isLetter || (isCapital && isSmall(name.charCodeAt(at - 1))))) {
      const word = NAME_WORDS.of(hash);
      traits |= word & (DOES.status | DOES.shell);
      if (PRESSES.of(hash) !== 0 || (isFirst && TAPS.of(hash) !== 0)) verb = DOES.press;
      isFirst = false;
      if (verb === 0) verb = word & VERBS;
      hash = FIRST;
      length = 0;
    }
    if (!isLetter) continue;
    hash = stepped(hash, isCapital ? code | 32 : code);
    length++;
  }
  return traits | verb;
}

function isSmall(code: number): boolean {
  return code > 96 && code < 123;
}
