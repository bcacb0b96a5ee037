/** The call that every variant makes. */
export const MODEL = "gpt-6-luna";
export const INSTRUCTIONS = "You help the customers of a shop.";
export const MAX_OUTPUT_TOKENS = 1000;
