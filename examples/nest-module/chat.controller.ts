import {
  Assistants,
  Budget,
  BudgetGuard,
  BudgetService,
  type NestRequest,
} from "@assistants-budget/nestjs";
import { Body, Controller, Get, Inject, Post, Req, UseGuards } from "@nestjs/common";

interface ChatBody {
  readonly message: string;
  readonly thread?: string;
}

@Controller()
export class ChatController {
  readonly #budget: BudgetService;

  // Named, because esbuild leaves no types behind for Nest to read; with `nest build` the type is enough.
  constructor(@Inject(BudgetService) budget: BudgetService) {
    this.#budget = budget;
  }

  @Post("chat")
  async chat(@Assistants() assistants: Assistants, @Body() { message, thread }: ChatBody) {
    const run = await assistants.run({ input: message, thread });
    return { reply: run.text, thread: run.thread, cost: run.cost.usd };
  }

  /** The same as events, as they come. */
  @Post("chat/stream")
  stream(@Assistants() assistants: Assistants, @Body() { message, thread }: ChatBody) {
    return this.#budget.events(assistants.stream({ input: message, thread }));
  }

  /** A lower limit here: whoever has had a run today, anywhere, is refused before the handler begins. */
  @Post("summary")
  @UseGuards(BudgetGuard)
  @Budget({ limits: { user: "1 run/day" } })
  async summary(@Assistants() assistants: Assistants, @Body() { message }: ChatBody) {
    const run = await assistants.run({ input: message });
    return { summary: run.text };
  }

  @Get("me/budget")
  balances(@Req() request: NestRequest) {
    return this.#budget.balances(request);
  }
}
