import type { Express, RequestHandler } from "express";

export declare const PEOPLE: readonly {
  readonly id: number;
  readonly username: string;
  readonly password: string;
}[];

export declare function passportApp(budget: RequestHandler): Express;
