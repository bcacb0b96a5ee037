import { BudgetModule } from "@assistants-budget/nestjs";
import { Module } from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { ChatController } from "./chat.controller.js";
import { SignInGuard } from "./sign-in.guard.js";

@Module({
  imports: [
    BudgetModule.forRoot({
      limits: { run: "$0.05", user: ["$1/day", "$10/month"] },
      assistants: {
        support: { model: "gpt-6-luna", instructions: "You help the customers of a shop." },
      },
    }),
  ],
  controllers: [ChatController],
  providers: [{ provide: APP_GUARD, useClass: SignInGuard }],
})
export class AppModule {}
