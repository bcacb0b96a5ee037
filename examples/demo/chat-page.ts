/** The chat page: three static files under a strict content security policy. */
import { join } from "node:path";
import { type Router, Router as router, static as serve } from "express";
import helmet from "helmet";

const FILES = join(import.meta.dirname, "page");

export function chatPage(): Router {
  const page = router();
  page.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // The demo speaks plain HTTP on this machine.
      strictTransportSecurity: false,
    }),
  );
  page.use(serve(FILES, { cacheControl: false }));
  return page;
}
