/* The key numbers under a selection, with their trend. Never formats one. */

/** A card without a value. */
function noCard(spec) {
  return {
    value: null,
    low: null,
    high: null,
    count: null,
    reason: null,
    error: null,
    trend: null,
    unavailable: spec.unavailable,
    beside: spec.beside.map(noCard),
  };
}

/** One card; what is beside it, too. */
function cardOf(opened, spec, allowed) {
  const beside = spec.beside.map((other) => cardOf(opened, other, allowed));
  if (spec.unavailable !== null) return { ...noCard(spec), beside };
  const found = answered(opened, spec, allowed);
  const first = (object, name) => (name !== null && has(object, name) ? object[name][0] : null);
  return {
    value: first(found.scores, spec.score),
    low: first(found.scores, spec.low),
    high: first(found.scores, spec.high),
    count: first(found.scores, "Count"),
    reason: first(found.reasons, spec.score),
    error: first(found.errors, spec.score),
    trend: spec.trend === null ? null : trendOf(opened, spec, allowed),
    unavailable: null,
    beside,
  };
}

/** The value by day, oldest first; the last days only. */
function trendOf(opened, spec, allowed) {
  const found = answered(opened, { ...spec, ...spec.trend, scores: [spec.score], by: ["Day"] }, allowed);
  const days = found.keys.get("Day");
  const values = found.scores[spec.score];
  const pairs = days.map((day, row) => [day, values[row]]).filter(([day]) => day !== null);
  return pairs.slice(-spec.trend.most);
}
