/** An app as there are many: JavaScript, sessions, Passport as its documentation has it. */
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy as LocalStrategy } from "passport-local";

export const PEOPLE = [
  { id: 7, username: "ada", password: "lovelace" },
  { id: 8, username: "bob", password: "builder" },
];

export function passportApp(budget) {
  const auth = new passport.Passport();
  auth.use(
    new LocalStrategy((username, password, done) => {
      const person = PEOPLE.find((one) => one.username === username);
      done(null, person?.password === password && { id: person.id, username });
    }),
  );
  auth.serializeUser((user, done) => done(null, user));
  auth.deserializeUser((user, done) => done(null, user));

  const app = express();
  app.use(express.json());
  app.use(session({ secret: "not for long", resave: false, saveUninitialized: false }));
  app.use(auth.session());
  app.use(budget); // all that was added, beside the route that uses it
  app.post("/login", auth.authenticate("local"), (req, res) => res.json({ ok: true }));
  app.get("/profile", (req, res) => res.json({ user: req.user ?? null }));
  app.post("/chat", async (req, res) => {
    const run = await req.assistants.run({ input: "Hello" });
    res.json({ reply: run.text });
  });
  return app;
}
