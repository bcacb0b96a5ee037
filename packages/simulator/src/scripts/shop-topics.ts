/** What customers ask about, and what the shop says to it. */
export interface Topic {
  readonly pattern: RegExp;
  readonly answers: readonly string[];
}

/** The first topic whose pattern fits is the one that is answered. */
export const TOPICS: readonly Topic[] = [
  {
    pattern: /\b(return|refund|exchange|send (it|them) back|money back)/i,
    answers: [
      "You can send anything back within 30 days, as long as it is unused. Print the label from your account, stick it on the parcel and drop it at any parcel shop. The money is back on your card about five days after the parcel reaches us.",
      "Returns are free. Choose the order in your account, pick the items and tell us in a word what was wrong; the label comes by e-mail at once. If you would rather have another size, choose exchange and we set it aside for you.",
      "I am sorry that it was not right for you. Within 30 days we take it back without questions, and faulty goods for two years. Shall I explain how the return label works?",
    ],
  },
  {
    pattern: /\b(deliver|shipping|ship|arrive|parcel|track|courier|late)/i,
    answers: [
      "Standard delivery takes two to four working days, express one. As soon as the parcel leaves our house you get a message with a tracking link. If you tell me your order number, such as A-1042, I can look up where it is.",
      "Most parcels are with our customers within three days. Delivery is free from 50 euros; below that it is 3.90. Should a parcel be more than a week late, we send a new one at once.",
      "Our courier brings parcels between nine and six, and leaves them with a neighbour if nobody opens. You can choose another day or a parcel shop in the tracking link. Would you like me to check a particular order?",
    ],
  },
  {
    pattern: /\b(order|bought|purchase|cancel)/i,
    answers: [
      "I am glad to look into your order. Please give me its number; it stands in the confirmation e-mail and looks like A-1042. Orders can be changed or cancelled until they are packed, usually in the same evening.",
      "An order goes through three steps here: paid, packed and on its way. You see the step in your account under Orders. With the order number I can tell you more.",
      "Of course. Which order is it about? You find the number at the top of your confirmation, a letter and four digits; then I can see its state in a moment.",
    ],
  },
  {
    pattern: /\b(pay|card|invoice|bill|price|discount|voucher)/i,
    answers: [
      "We take all common cards, bank transfer and invoice. You are charged when the parcel leaves us, not before. The bill is in your account under Orders, ready to print.",
      "Vouchers go into the field below the basket, one at a time. If a price drops within 14 days of your order, write to us and we give you the difference.",
    ],
  },
  {
    pattern: /\b(thanks|thank you|bye|great|perfect)/i,
    answers: [
      "You are very welcome! It was a pleasure. Have a lovely day.",
      "Gladly. If anything else comes up, I am here around the clock.",
    ],
  },
  {
    pattern: /^\s*(hi|hello|hey|good (morning|afternoon|evening))\b/i,
    answers: [
      "Hello, and welcome to the shop! I can help you with orders, deliveries and returns. What brings you here today?",
      "Good to hear from you! Is it about something that you have ordered, or are you still looking around? Either way, I am happy to help.",
    ],
  },
];
