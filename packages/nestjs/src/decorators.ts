import { type Assistants as Own, BudgetError, type PolicyOptions } from "@assistants-budget/core";
import { type ExecutionContext, createParamDecorator } from "@nestjs/common";

const POLICIES = "assistants-budget:policies";
const SKIPPED = "assistants-budget:skipped";

/**
 * A policy upon a controller or a handler: it lowers what holds outside. On a handler it may raise,
 * with `override: true`. Several add up, from the top one to the one nearest to the handler.
 */
export function Budget(policy: PolicyOptions): ClassDecorator & MethodDecorator {
  return mark(POLICIES, (before) => [policy, ...(Array.isArray(before) ? before : [])]);
}

/** Takes a controller or a handler out: no guard refuses there, and there are no `@Assistants()`. */
export function SkipBudget(): ClassDecorator & MethodDecorator {
  return mark(SKIPPED, () => true);
}

/** What `@Assistants()` gives. */
export type Assistants = Own;

/** The signed-in user's assistants, as a parameter of a handler: `@Assistants() assistants: Assistants`. */
export const Assistants: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => {
    const request: object = context.switchToHttp().getRequest();
    const assistants: unknown = Reflect.get(request, "assistants");
    if (assistants !== undefined) return assistants;
    throw new BudgetError("invalid_options", {
      message:
        "@Assistants(): found none on this request. Import BudgetModule.forRoot() in the app's module, and take @SkipBudget() off this handler.",
    });
  },
);

/** The policies of a controller or a handler, from the outermost on. */
export function policiesOf(target: object): readonly PolicyOptions[] {
  const found: unknown = Reflect.getMetadata(POLICIES, target);
  return Array.isArray(found) ? found : [];
}

export function isSkipped(...targets: readonly object[]): boolean {
  return targets.some((target) => Reflect.getMetadata(SKIPPED, target) === true);
}

function mark(key: string, change: (before: unknown) => unknown): ClassDecorator & MethodDecorator {
  return (target: object, _name?: PropertyKey, handler?: PropertyDescriptor) => {
    const marked: object = handler?.value ?? target;
    Reflect.defineMetadata(key, change(Reflect.getOwnMetadata(key, marked)), marked);
  };
}
