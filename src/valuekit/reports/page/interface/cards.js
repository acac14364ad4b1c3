/* The key numbers: each with its interval, its n, its trend, or why there is none. */

/** All cards of a document; `merged` are the engine's under a filter, else null. */
function showCards(document_, merged) {
  const cards = document_.cards.map((card, at) => cardNode(card, merged === null ? null : merged[at]));
  place("cards").replaceChildren(...cards);
  visible(place("numbers"), cards.length > 0);
}

function cardNode(card, merged) {
  const now = merged === null ? card : underFilter(card, merged);
  const beside = now.beside.map((other) => besideNode(other));
  return element(
    "li",
    { class: "card" },
    element("h3", { class: "card-name", title: now.score }, labelOf(now), propertyNode(now)),
    element("p", { class: "card-metric" }, now.metric),
    valueNode(now),
    element("p", { class: "card-detail" }, detailOf(now)),
    sparkline(now.trend, now.unit),
    beside.length === 0 ? null : element("dl", { class: "beside" }, ...beside.flat()),
  );
}

/** A card with the engine's numbers in place of its own. */
function underFilter(card, merged) {
  return {
    ...card,
    value: exactNumber(merged.value, card.unit !== "count"),
    low: exactNumber(merged.low),
    high: exactNumber(merged.high),
    count: merged.count,
    reason: merged.unavailable || merged.reason,
    error: merged.error,
    trend: merged.trend || [],
    beside: card.beside.map((other, at) => underFilter(other, merged.beside[at])),
  };
}

function propertyNode(card) {
  return card.property === null ? null : element("span", { class: "card-property", dir: "auto" }, ` ${card.property}`);
}

function valueNode(card) {
  if (card.value === null) {
    return element(
      "p",
      { class: "card-value none" },
      NO_VALUE,
      element("span", { class: "card-reason" }, card.reason || "no value"),
    );
  }
  return element("p", { class: "card-value", title: shown(card.value, card.unit, false) }, shown(card.value, card.unit));
}

/** The interval, the n, and the error of a merged digest. */
function detailOf(card) {
  const parts = [];
  if (card.low !== null && card.high !== null) parts.push(`95 %: ${shownInterval(card.low, card.high, card.unit)}`);
  if (card.error) parts.push(`${errorText(card.error, card.unit)} from merging`);
  if (card.count !== null) parts.push(`n = ${shown(card.count, "count", false)}`);
  return parts.join(" \u00b7 ");
}

function besideNode(card) {
  const value = card.value === null ? NO_VALUE : shown(card.value, card.unit);
  const parts = { class: card.value === null ? "none" : null, title: card.value === null ? card.reason : null };
  const interval = card.low === null || card.high === null ? null : shownInterval(card.low, card.high, card.unit);
  const reason = card.value === null && card.reason ? card.reason : interval;
  return [
    element("dt", { title: card.score }, labelOf(card)),
    element("dd", parts, value, reason === null ? null : element("span", { class: "beside-detail" }, ` ${reason}`)),
  ];
}

const WORDS = Object.freeze({
  __proto__: null,
  p: "p", val: "value", ci: "interval", roc_auc: "ROC AUC", auc: "AUC", average_precision: "Average precision",
  lift_p_val: "Lift p-value", lift_z_score: "Lift z", avgtouchpoints: "Touchpoints per conversion",
});

/** What a card is called: `ConversionRate` as "Conversion rate". */
function labelOf({ score: name, family }) {
  if (family === "conversion" && name === "Positives") return "Conversions";
  const known = WORDS[name.toLowerCase()];
  if (known) return known;
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[_ ]+/);
  return words.map((word, at) => cased(word, at)).join(" ");
}

function cased(word, at) {
  if (word === word.toUpperCase() && word.length > 1) return word;
  const lower = word.toLowerCase();
  return at === 0 ? lower.charAt(0).toUpperCase() + lower.slice(1) : lower;
}
