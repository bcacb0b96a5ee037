/** An app as Nest's users write and test them. */
import "reflect-metadata";
import { createSimulator } from "@assistants-budget/simulator";
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  HttpException,
  type INestApplication,
  Injectable,
  Module,
  NotFoundException,
  Post,
  Req,
  type Type,
  UseGuards,
} from "@nestjs/common";
import { APP_FILTER, APP_GUARD } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import supertest from "supertest";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  Assistants,
  Budget,
  BudgetGuard,
  BudgetModule,
  BudgetService,
  type NestOptions,
  type NestRequest,
  SkipBudget,
  isBudgetError,
  memory,
} from "../src/index.ts";

/** The app's own sign-in: whoever holds the cookie. */
@Injectable()
class SignIn {
  canActivate(context: { switchToHttp(): { getRequest(): NestRequest } }): boolean {
    const request = context.switchToHttp().getRequest();
    const [, id] = /session=(\w+)/.exec(String(request.headers["cookie"])) ?? [];
    if (id !== undefined) Object.assign(request, { user: { id } });
    return true;
  }
}

@Controller()
class Chat {
  @Post("chat")
  @HttpCode(200)
  async chat(@Assistants() assistants: Assistants) {
    const { text } = await assistants.run({ input: "Hello" });
    return { reply: text };
  }

  @Post("export")
  @HttpCode(200)
  @UseGuards(BudgetGuard)
  export() {
    return { exported: true };
  }

  @Get("billing")
  billing() {
    return { fine: true };
  }

  @Get("skipped")
  @SkipBudget()
  async skipped(@Assistants() assistants: Assistants) {
    await assistants.balances();
  }

  @Get("missing")
  missing() {
    throw new NotFoundException("no such thing");
  }
}

const ONE = { limits: { user: "1 run/day" } } as const;

async function start(
  options: Partial<NestOptions> = ONE,
  more: {
    readonly controllers?: readonly Type[];
    readonly providers?: readonly object[];
    readonly filter?: boolean;
    readonly globalFilter?: ExceptionFilter;
  } = {},
) {
  const simulator = await createSimulator();
  onTestFinished(() => simulator.close());
  const warned: string[] = [];
  const log = {
    info: () => undefined,
    warn: (one: string) => void warned.push(one),
    error: () => undefined,
  };
  const given = { store: memory(), baseURL: simulator.url, apiKey: "sk-test", log, ...options };
  const testing = await Test.createTestingModule({
    imports: [
      BudgetModule.forRootAsync({ useFactory: async () => given, filter: more.filter ?? true }),
    ],
    controllers: [...(more.controllers ?? [Chat])],
    providers: [{ provide: APP_GUARD, useClass: SignIn }, ...(more.providers ?? [])] as never[],
  }).compile();
  const app: INestApplication = testing.createNestApplication({ logger: false });
  onTestFinished(() => app.close());
  if (more.globalFilter) app.useGlobalFilters(more.globalFilter);
  await app.init();
  const agent = supertest(app.getHttpServer());
  const post = (path: string, user = "alice") =>
    agent.post(path).set("Cookie", `session=${user}`).send({});
  const get = (path: string, user = "alice") => agent.get(path).set("Cookie", `session=${user}`);
  return { app, simulator, warned, post, get, budget: app.get(BudgetService) };
}

describe("a Nest app under a budget", () => {
  test("a run, then the whole 402", async () => {
    const { post, get, budget } = await start();
    expect((await post("/chat")).status).toBe(200);
    const refused = await post("/chat");
    expect(refused.status).toBe(402);
    expect(refused.type).toBe("application/problem+json");
    expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
    expect(refused.headers["cache-control"]).toBe("no-store");
    expect(refused.body).toMatchObject({
      code: "budget_exceeded",
      error: { code: "budget_exceeded" },
    });
    expect((await get("/billing")).body).toEqual({ fine: true });
    expect((await budget.lines()).map(({ facts }) => facts.user)).toEqual(["alice"]);
  });

  test("`@UseGuards(BudgetGuard)` refuses before the handler, and holds nothing", async () => {
    const { post, budget } = await start();
    expect((await post("/export")).body).toEqual({ exported: true });
    await post("/chat");
    expect((await post("/export")).status).toBe(402);
    expect((await post("/export", "bob")).status).toBe(200);
    expect(await budget.operator.holds()).toEqual([]);
  });

  test("as APP_GUARD it refuses everywhere, but where `@SkipBudget()` says so", async () => {
    @Controller()
    class Pages {
      @Get("page")
      page() {
        return {};
      }

      @Get("invoices")
      @SkipBudget()
      invoices() {
        return {};
      }
    }
    const providers = [{ provide: APP_GUARD, useClass: BudgetGuard }];
    const { get, post } = await start(ONE, { controllers: [Chat, Pages], providers });
    await post("/chat");
    expect((await get("/page")).status).toBe(402);
    expect((await get("/invoices")).status).toBe(200);
  });

  test("a skipped handler has no assistants, and says so", async () => {
    const { get, simulator } = await start();
    const { status, body } = await get("/skipped");
    expect([status, body.code]).toEqual([500, "invalid_options"]);
    expect(simulator.requests()).toEqual([]);
  });

  test("other exceptions pass as Nest has them", async () => {
    const { get } = await start();
    const { status, body } = await get("/missing");
    expect([status, body.message]).toEqual([404, "no such thing"]);
  });

  test("`forRoot()` and `forRootAsync()` with `inject`", async () => {
    @Injectable()
    class Settings {
      readonly limits = ONE.limits;
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const imports = [
      BudgetModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: ({ limits }: Settings) => ({ limits, store: memory() }),
      }),
    ];
    const testing = await Test.createTestingModule({ imports }).compile();
    const balances = await testing.get(BudgetService).for({ user: "alice" }).balances();
    expect(balances.map(({ scope, limit }) => [scope, limit])).toContainEqual(["user", 1]);
    await testing.close();
    const plain = { imports: [BudgetModule.forRoot({ ...ONE, store: memory(), isGlobal: false })] };
    await (await Test.createTestingModule(plain).compile()).close();
  });
});

describe("policies by decorators", () => {
  @Controller("trial")
  @Budget({ limits: { user: "2 runs/day" } })
  class Trial {
    @Post("chat")
    @HttpCode(200)
    chat(@Assistants() assistants: Assistants) {
      return assistants.run({ input: "Hi" });
    }

    @Post("less")
    @HttpCode(200)
    @Budget({ limits: { user: "1 run/day" } })
    less(@Assistants() assistants: Assistants) {
      return assistants.run({ input: "Hi" });
    }

    @Post("more")
    @HttpCode(200)
    @Budget({ limits: { user: "3 runs/day" }, override: true })
    more(@Assistants() assistants: Assistants) {
      return assistants.run({ input: "Hi" });
    }
  }

  test("a handler's stands within its controller's", async () => {
    const { post } = await start({ limits: { user: "9 runs/day" } }, { controllers: [Trial] });
    const statuses = [];
    for (const path of ["less", "less", "chat", "chat", "more", "more"])
      statuses.push((await post(`/trial/${path}`)).status);
    expect(statuses).toEqual([200, 402, 200, 402, 200, 402]);
  });

  test("one that is wrong stops the app at its start, with its path", async () => {
    @Controller()
    class Wrong {
      @Post("chat")
      @Budget({ limits: { user: "$1/fortnight" as never } })
      chat() {
        return {};
      }
    }
    const error: unknown = await start(ONE, { controllers: [Wrong] }).catch((one: unknown) => one);
    expect(isBudgetError(error) && error.message).toMatch(
      /^Wrong\.chat\(\), @Budget\(\): limits\.user/,
    );
  });
});

interface OwnResponse {
  status(code: number): { json(body: object): void };
}

const responseOf = (host: ArgumentsHost): OwnResponse => host.switchToHttp().getResponse();

@Catch(HttpException)
class ForHttp implements ExceptionFilter<HttpException> {
  catch(error: HttpException, host: ArgumentsHost): void {
    const body = error.getResponse() as { readonly code: string };
    responseOf(host).status(error.getStatus()).json({ mine: body.code });
  }
}

@Catch()
class ForAll implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    responseOf(host).status(500).json({ message: "oops" });
  }
}

describe("an app with filters of its own", () => {
  test("a global one is asked first, and sees status and body", async () => {
    const { post } = await start(ONE, { globalFilter: new ForHttp() });
    await post("/chat");
    const { status, body } = await post("/chat");
    expect([status, body]).toEqual([402, { mine: "budget_exceeded" }]);
  });

  test("one that is an APP_FILTER, with `filter: false`", async () => {
    const providers = [{ provide: APP_FILTER, useClass: ForHttp }];
    const { post } = await start(ONE, { providers, filter: false });
    await post("/chat");
    const { status, body } = await post("/chat");
    expect([status, body]).toEqual([402, { mine: "budget_exceeded" }]);
  });

  test("one that makes a 500 of a refusal is told of, once", async () => {
    const { post, warned } = await start(ONE, { globalFilter: new ForAll() });
    await post("/chat");
    for (let i = 0; i < 3; i++) expect((await post("/chat")).status).toBe(500);
    expect(warned.filter((line) => line.includes("ERR_AB_REFUSAL_REPLACED"))).toHaveLength(1);
  });
});

test("BudgetService gives the assistants and balances of a request", async () => {
  @Controller()
  class Mine {
    readonly #budget: BudgetService;
    constructor(budget: BudgetService) {
      this.#budget = budget;
    }

    @Get("me/budget")
    balances(@Req() request: NestRequest) {
      return this.#budget.balances(request);
    }

    @Post("ask")
    @HttpCode(200)
    async ask(@Req() request: NestRequest) {
      return { reply: (await this.#budget.assistants(request).run({ input: "Hi" })).text };
    }

    @Post("stream")
    @HttpCode(200)
    stream(@Assistants() assistants: Assistants) {
      return this.#budget.events(assistants.stream({ input: "Hi" }));
    }
  }
  const { get, post } = await start({ limits: { user: "2 runs/day" } }, { controllers: [Mine] });
  expect((await post("/ask")).body.reply).toBeTruthy();
  const { text, type, headers } = await post("/stream");
  expect(type).toBe("text/event-stream");
  expect(headers["cache-control"]).toBe("no-store");
  expect(text).toMatch(/event: run\ndata: \{.*\}\n\n$/);
  expect((await post("/stream")).type).toBe("application/problem+json");
  const balances = await get("/me/budget");
  expect(balances.headers["cache-control"]).toBe("no-store");
  expect(balances.body.balances).toMatchObject([{ scope: "user", spent: 2, remaining: 0 }]);
});
