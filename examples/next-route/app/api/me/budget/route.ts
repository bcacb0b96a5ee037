import { budget } from "../../../budget.ts";

export const GET = budget.balances();
