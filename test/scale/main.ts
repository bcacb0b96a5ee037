/** `scale`: a shared limit in slices on many nodes, simulated, beside one counter for all. */
import { print, say, stopAtClosedPipe } from "../../examples/demo/print/screen.ts";
import { WORLD, lostStoreTable, policiesTable } from "./table.ts";

const dollars = (nano: number) => `$${nano / 1e9}`;

stopAtClosedPipe();
print();
say("assistants-budget: a shared limit in slices, simulated", "bold");
print();
say(
  `A limit of ${dollars(WORLD.limit)}, steps of ${dollars(WORLD.meanCost)} on average, ceilings of four times the cost, ${WORLD.demand} times the limit asked for. The busiest node changes eight times, ${WORLD.crashes} crashes strike, one answer in a hundred is lost. Means of five seeds, the same each time; overshoot is the worst. docs/scale.md explains the columns.`,
);
print();
for (const line of policiesTable()) print(line);
print();
say("The same with a node that loses its store: what is charged and was never spent.");
print();
for (const line of lostStoreTable()) print(line);
print();
