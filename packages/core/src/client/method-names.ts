/** Which of the SDK's methods are counted, which are free, and why the others are not let through. */

/** Each request of theirs is held, and settled by its answer. */
export const METERED_METHODS: ReadonlySet<string> = new Set([
  "responses.create",
  "responses.parse",
  "responses.stream",
  "chat.completions.create",
  "chat.completions.parse",
  "chat.completions.stream",
  "chat.completions.runTools",
  "embeddings.create",
]);

/** They cost nothing by OpenAI's price list, or reach no server at all. */
export const FREE_METHODS: ReadonlySet<string> = new Set([
  ...named("responses", "retrieve delete cancel"),
  ...named("responses.inputItems", "list"),
  ...named("responses.inputTokens", "count"),
  ...named("chat.completions", "retrieve update list delete"),
  ...named("chat.completions.messages", "list"),
  ...named("conversations", "create retrieve update delete"),
  ...named("conversations.items", "create retrieve list delete"),
  ...named("models", "list retrieve delete"),
  ...named("moderations", "create"),
  ...named("files", "create retrieve list delete content waitForProcessing"),
  ...named("uploads", "create cancel complete"),
  ...named("uploads.parts", "create"),
  ...named("batches", "retrieve list cancel"),
  ...named("fineTuning.jobs", "retrieve list cancel listEvents"),
  ...named("fineTuning.jobs.checkpoints", "list"),
  ...named("vectorStores", "retrieve list delete"),
  ...named("vectorStores.files", "retrieve list delete content poll"),
  ...named("vectorStores.fileBatches", "retrieve listFiles poll"),
  ...named("containers", "retrieve list delete"),
  ...named("containers.files", "retrieve list delete"),
  ...named("containers.files.content", "retrieve"),
  ...named("videos", "retrieve list delete downloadContent getCharacter"),
  ...named("webhooks", "unwrap verifySignature"),
]);

const ANY_REQUEST = "it can send any request, also one whose price is not known";
const NOT_YET = "what it costs is not counted yet";

/** By a method's name, or by the beginning of it. */
const REASONS: Readonly<Record<string, string>> = {
  "responses.compact": "its answer has no cap that could be held",
  completions: "it is the API of before, whose models have no price here",
  images: "images have no ceiling here",
  audio: "sound has no ceiling here",
  videos: "videos are billed by the second",
  realtime: "it opens a connection that the budget does not see",
  live: "it opens a connection that the budget does not see",
  batches: "a batch makes its calls later, where nothing can be held",
  evals: "an evaluation makes its calls by itself",
  graders: "a grader makes its calls by itself",
  fineTuning: "training is billed by the hour and the token",
  containers: "containers are billed by the minute",
  vectorStores: "storage is billed by the day, and a search by the call",
  beta: "what is in beta may cost what no price list says yet",
  decisions: NOT_YET,
  contentProvenanceChecks: NOT_YET,
  safety: NOT_YET,
  skills: NOT_YET,
  webhooks: "it changes the account, not a conversation",
  admin: "it changes the account, not a conversation",
  withOptions: "the client that it makes would not be under the budget",
  get: ANY_REQUEST,
  post: ANY_REQUEST,
  put: ANY_REQUEST,
  patch: ANY_REQUEST,
  delete: ANY_REQUEST,
  request: ANY_REQUEST,
  getAPIList: ANY_REQUEST,
};

/** Why a method is not let through. */
export function reasonFor(method: string): string {
  for (let name = method; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf("."))))
    if (Object.hasOwn(REASONS, name)) return REASONS[name] ?? NOT_YET;
  return "the budget does not know it: it may be newer than this library, or the SDK's own";
}

/** Whether the name, or what it is part of, is waived. */
export function isWaived(method: string, waive: readonly string[]): boolean {
  return waive.some((name) => method === name || method.startsWith(`${name}.`));
}

/** Whether waiving this would take calls out of the budget that it counts. */
export function isCounted(name: string): boolean {
  return [...METERED_METHODS].some((one) => one === name || one.startsWith(`${name}.`));
}

function named(prefix: string, methods: string): readonly string[] {
  return methods.split(" ").map((method) => `${prefix}.${method}`);
}
