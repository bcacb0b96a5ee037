import type { NestRequest } from "@assistants-budget/nestjs";
import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";

/** Stands in for your sign-in: everybody is the same person. Yours reads a session or a signed token. */
@Injectable()
export class SignInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request: NestRequest = context.switchToHttp().getRequest();
    Object.assign(request, { user: { id: "you" } });
    return true;
  }
}
