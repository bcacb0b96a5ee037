/** NestJS: `BudgetModule.forRoot()` gives every handler its `@Assistants()`. */
import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleCls,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from "@nestjs/common";
import {
  APP_FILTER,
  APP_INTERCEPTOR,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
} from "@nestjs/core";
import { BudgetFilter } from "./budget-filter.ts";
import { BudgetInterceptor } from "./budget-interceptor.ts";
import { BudgetService, serviceOf } from "./budget-service.ts";
import { policiesOf } from "./decorators.ts";
import { type NestOptions, SHARED, type Shared, decorate, shared } from "./shared.ts";

/** What `forRoot()` takes beside the budget's options. */
export interface ModuleOptions {
  /** Whether all modules have it without importing it. Default true. */
  readonly isGlobal: boolean;
  /**
   * Whether refusals are answered by the module's own filter, after those of handlers, controllers and
   * `useGlobalFilters()`, and before an `APP_FILTER`. Default true; with false they reach yours, as `HttpException`.
   */
  readonly filter: boolean;
}

const DEFAULTS: ModuleOptions = { isGlobal: true, filter: true };

const built = new ConfigurableModuleBuilder<NestOptions>({ moduleName: "AssistantsBudget" })
  .setClassMethodName("forRoot")
  .setExtras(DEFAULTS, (definition, { isGlobal, filter }) => ({
    ...definition,
    global: isGlobal,
    providers: [
      ...(definition.providers ?? []),
      ...(filter
        ? [
            {
              provide: APP_FILTER,
              inject: [SHARED],
              useFactory: (own: Shared) => new BudgetFilter(own),
            },
          ]
        : []),
    ],
  }))
  .build();

const Configurable: ConfigurableModuleCls<NestOptions, "forRoot", "create", ModuleOptions> =
  built.ConfigurableModuleClass;

/**
 * The budget of an app: `imports: [BudgetModule.forRoot({ … })]`, or `forRootAsync({ useFactory, … })`.
 * Every handler then has `@Assistants()`; nothing is refused before it is used, unless a `BudgetGuard` is.
 */
export class BudgetModule extends Configurable implements OnModuleInit, OnApplicationShutdown {
  readonly #shared: Shared;
  readonly #controllers: DiscoveryService;

  constructor(own: Shared, controllers: DiscoveryService) {
    super();
    this.#shared = own;
    this.#controllers = controllers;
  }

  /** A policy that is wrong stops the app at its start. */
  onModuleInit(): void {
    for (const { metatype } of this.#controllers.getControllers()) {
      if (typeof metatype !== "function") continue;
      const prototype: object = metatype.prototype;
      const read = (target: object, at: string): void => {
        for (const one of policiesOf(target)) this.#shared.http.policy(one, `${at}, @Budget()`);
      };
      read(metatype, metatype.name);
      for (const name of new MetadataScanner().getAllMethodNames(prototype))
        read(Reflect.get(prototype, name), `${metatype.name}.${name}()`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#shared.http.app.close();
  }
}
Inject(SHARED)(BudgetModule, undefined, 0);
Inject(DiscoveryService)(BudgetModule, undefined, 1);
const own = { inject: [SHARED] };
decorate(
  BudgetModule,
  Module({
    imports: [DiscoveryModule],
    providers: [
      {
        provide: SHARED,
        inject: [built.MODULE_OPTIONS_TOKEN, HttpAdapterHost],
        useFactory: shared,
      },
      { ...own, provide: BudgetService, useFactory: serviceOf },
      { ...own, provide: APP_INTERCEPTOR, useFactory: (s: Shared) => new BudgetInterceptor(s) },
    ],
    exports: [SHARED, BudgetService],
  }),
);
