/** What the simulated model says in this shop: short answers, and one long one, when a guide is asked for. */
import { type ModelScript, shopAssistant } from "@assistants-budget/simulator";

const GUIDE = `Here is how I would pack for a weekend in the hills, from the outside in.

Backpack. The Ridge 32 is enough for two nights in huts. Put what you need last at the bottom, heavy things close to your back, and rain gear on top, where you find it with wet hands. Draw the hip belt tight first and the shoulder straps after it; two thirds of the weight belongs on your hips.

Sleeping. In huts a silk liner is all you need. If you camp, the Tarn two-person tent weighs 1.9 kg with its pegs and stands in four minutes. The Moor sleeping bag is warm down to two degrees; below that, put on a dry base layer before you get in, not in the middle of the night. A mat with an R-value of three or more keeps out more cold than a thicker bag.

Clothes. Three layers, each of which dries overnight: merino next to the skin, a thin fleece, and a shell that keeps out wind and rain. One spare base layer and two pairs of socks are enough. Cotton stays wet, so leave it at home. A hat and light gloves weigh nothing and are missed most, also in July.

Feet. Walk new boots in for at least three days before you set out. Tape hot spots at once; a blister is a hot spot that was ignored for an hour. Take the insoles out in the evening, and never dry leather at the stove.

Food and water. Count on half a litre an hour, and on a full litre where there is no shade. For two days, 600 grams of food a day will do: oats, nuts, hard cheese, dark bread, one hot meal. The Fjell stove boils a litre in under four minutes, and one small cartridge lasts a weekend for two.

Safety. A paper map and a compass that you have used before, a head torch with fresh batteries, a whistle, a foil blanket, tape, and the number of the mountain rescue on paper. Tell somebody at home where you are going and when you mean to be back.

What to leave out: the second pair of trousers, the big towel, everything that you take "just in case" and did not use the last time. Weigh the pack before you go. For a weekend it should not be over nine kilos, water included; if it is, take one thing out of each part of this list and weigh it again.`;

/** The shop's usual voice, and the guide. */
export function shopModel(): ModelScript {
  const usual = shopAssistant();
  return (call) => (/\bguide\b/i.test(call.lastUserText) ? { text: GUIDE } : usual(call));
}
