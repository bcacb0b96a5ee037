import { decode, encode } from "gpt-tokenizer/encoding/o200k_base";

// Byte-pair encoding is quadratic in a run without a word break, so text is cut first.
const SHORTEST_PIECE = 512;
const LONGEST_PIECE = 1024;

// Text such as <|endoftext|> in a message is plain text, not a control token.
const AS_PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** Cuts before a space where there is one: a word keeps its tokens, so a cut changes no count. */
function endOfPiece(text: string, start: number): number {
  const end = start + LONGEST_PIECE;
  const space = text.lastIndexOf(" ", end);
  if (space >= start + SHORTEST_PIECE) return space;
  return isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
}

export function encodeText(text: string): number[] {
  const tokens: number[] = [];
  let start = 0;
  while (text.length - start > LONGEST_PIECE) {
    const end = endOfPiece(text, start);
    tokens.push(...encode(text.slice(start, end), AS_PLAIN_TEXT));
    start = end;
  }
  tokens.push(...encode(text.slice(start), AS_PLAIN_TEXT));
  return tokens;
}

export function countTokens(text: string): number {
  return encodeText(text).length;
}

/** The text of the first `count` tokens. A character whose bytes are parted by the cut is left out. */
export function firstTokens(text: string, count: number): string {
  let cut = decode(encodeText(text).slice(0, count));
  while (!text.startsWith(cut)) cut = cut.slice(0, -1);
  return cut;
}

// Each of these is one token wherever it stands, so any number of them has a known count.
const SENTENCE: readonly string[] =
  " The| order| is| on| its| way| and| the| team| will| write| to| you| as| soon| as| it| is| at| the| door|.".split(
    "|",
  );

/** Readable text of exactly `count` tokens, with a space before it; without the space it has as many. */
export function fillerText(count: number): string {
  return Array.from({ length: count }, (_, index) => SENTENCE[index % SENTENCE.length]).join("");
}
