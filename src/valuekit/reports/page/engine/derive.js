/* From merged states to the rows of a panel, as its table has them. Never knows how a state is embedded. */

const SCORES_OF = {
  engagement: (metric, merged, wanted) => engagementScores(metric, merged, wanted),
  conversion: (metric, merged, wanted) => conversionScores(metric, merged, wanted),
  model_ml_scores: modelScores,
  descriptive: describedScores,
};

/** The values of the dimensions of each group, by name. */
function keyValues(opened, by, groups) {
  return new Map(by.map((name, at) => [name, Array.from(groups.keys[at], (code) => opened.dictionaries[name][code])]));
}

/**
 * Scores at a grain under a selection, with the row keys.
 * @param {Opened} opened
 * @param {object} spec `metric`, `table`, `digests`, `by`, `properties`, `scores`
 * @param {Map<string, Uint8Array>} allowed
 * @returns {{size: number, keys: Map<string, any[]>, scores: object, reasons: object, errors: object}}
 */
function answered(opened, spec, allowed) {
  const metric = opened.header.metrics[spec.metric];
  if (metric.family === "experiment") return answeredExperiment(opened, metric, spec, allowed);
  const merged = opened.merged(spec, spec.by, allowed);
  const keys = keyValues(opened, spec.by, merged.groups);
  const score = SCORES_OF[metric.family];
  if (spec.properties === null) return { ...score(metric, merged, spec.scores), keys };
  const found = spec.properties.map((name) => score(metric, merged, spec.scores, name));
  return interleaved(found, keys, spec.properties);
}

/** Put the properties of each group one below the other. */
function interleaved(found, keys, properties) {
  const { size } = found[0];
  const mix = (of) => Array.from({ length: size }, (_, row) => found.map((one) => of(one, row))).flat();
  const part = (name) => {
    const scores = new Set(found.flatMap((one) => Object.keys(one[name])));
    const at = (score) => mix((one, row) => (has(one[name], score) ? one[name][score][row] : null));
    return Object.fromEntries(Array.from(scores, (score) => [score, at(score)]));
  };
  const repeated = Array.from(keys, ([name, values]) => [name, mix((_, row) => values[row])]);
  return {
    size: size * properties.length,
    keys: new Map([...repeated, ["Property", Array.from({ length: size }, () => properties).flat()]]),
    scores: part("scores"),
    reasons: part("reasons"),
    errors: part("errors"),
  };
}

function answeredExperiment(opened, metric, spec, allowed) {
  const { name, group } = metric.design;
  const by = Array.from(new Set([...spec.by, name, group]));
  const merged = opened.merged(spec, by, allowed);
  const labels = { [name]: opened.labelsOf(name), [group]: opened.labelsOf(group) };
  const found = experimentScores(metric, merged, by, labels, spec.scores);
  const keys = keyValues(opened, by, merged.groups);
  keys.set("experiment_name", keys.get(name));
  keys.set("experiment_group", keys.get(group));
  keys.set("control_group", found.controls);
  return { ...found, keys };
}

/** A panel's answer from columns of values by name. */
function laidOut(spec, size, columns, { reasons = {}, errors = {} } = {}) {
  const values = spec.columns.map((name) => columns.get(name) || null);
  const rows = Array.from({ length: size }, (_, row) => values.map((column) => (column === null ? null : column[row])));
  const shown = (object) => Object.fromEntries(Object.entries(object).filter(([name]) => spec.columns.includes(name)));
  const unavailable = shown(spec.unavailable);
  const behind = Object.fromEntries(spec.behind.map((name) => [name, columns.get(name) || new Array(size).fill(null)]));
  return { failure: null, columns: spec.columns, rows, behind, reasons: shown(reasons), errors: shown(errors), unavailable };
}

/** Keep some rows of an answer. */
function filtered(found, keep) {
  const rows = Array.from({ length: found.size }, (_, row) => row).filter(keep);
  const only = (values) => rows.map((row) => values[row]);
  const part = (object) => Object.fromEntries(Object.entries(object).map(([name, values]) => [name, only(values)]));
  return {
    size: rows.length,
    keys: new Map(Array.from(found.keys, ([name, values]) => [name, only(values)])),
    scores: part(found.scores),
    reasons: part(found.reasons),
    errors: part(found.errors),
  };
}

/** Rows of scores, with a reference beside them where the panel has one. */
function scoreRows(opened, spec, allowed) {
  let found = answered(opened, spec, allowed);
  if (spec.withoutControl) {
    const groups = found.keys.get("experiment_group");
    const controls = found.keys.get("control_group");
    found = filtered(found, (row) => groups[row] !== controls[row]);
  }
  const columns = new Map([...found.keys, ...Object.entries(found.scores)]);
  if (spec.reference !== null) addReference(opened, spec, found, columns);
  return laidOut(spec, found.size, columns, found);
}

/** Add `Reference` and `Difference`, the value less the reference; known by the labels of the dimensions. */
function addReference(opened, spec, found, columns) {
  const text = (name, row) => opened.labelOf(name, found.keys.get(name)[row]) || "";
  const { value, names } = spec.reference;
  const known = Array.from({ length: found.size }, (_, row) => {
    const name = spec.by.map((dimension) => text(dimension, row)).join("_");
    return has(names, name) ? names[name] : null;
  });
  const values = columns.get(value) || known.map(() => null);
  columns.set("Reference", known);
  columns.set("Difference", known.map((other, row) => (other === null || values[row] === null ? null : values[row] - other)));
}

/** The counts of stages in each group, groups in order. */
function stageCounts(opened, spec, found) {
  const { column } = spec.funnel;
  const others = spec.by.filter((name) => name !== column);
  const groups = new Map();
  if (others.length === 0) groups.set("[]", { keys: [], counts: new Map() });
  for (let row = 0; row < found.size; row += 1) {
    const keys = others.map((name) => found.keys.get(name)[row]);
    const key = JSON.stringify(keys);
    if (!groups.has(key)) groups.set(key, { keys, counts: new Map() });
    groups.get(key).counts.set(opened.labelOf(column, found.keys.get(column)[row]), found.scores.Count[row]);
  }
  return { others, groups: Array.from(groups.values()) };
}

/** Stages of each group in the configured order; the rate is over the stage before. */
function funnelRows(opened, spec, allowed) {
  const { column, names } = spec.funnel;
  const { others, groups } = stageCounts(opened, spec, answered(opened, spec, allowed));
  const columns = new Map(spec.columns.map((name) => [name, []]));
  const reasons = { Rate: [] };
  for (const { keys, counts } of groups) {
    names.forEach((stage, at) => {
      const count = counts.get(stage) || 0;
      const before = at === 0 ? 0 : counts.get(names[at - 1]) || 0;
      others.forEach((name, place) => columns.get(name).push(keys[place]));
      columns.get(column).push(stage);
      columns.get("Count").push(count);
      columns.get("Rate").push(before > 0 ? count / before : null);
      reasons.Rate.push(before > 0 || at === 0 ? null : "the stage before it has no rows");
    });
  }
  return laidOut(spec, columns.get("Count").length, columns, { reasons });
}

/** Bins of each group, over the edges of the panel's own table. */
function histogramRows(opened, spec, allowed) {
  const { edges, column } = spec.histogram;
  const metric = opened.header.metrics[spec.metric];
  const merged = opened.merged(spec, spec.by, allowed);
  const keys = keyValues(opened, spec.by, merged.groups);
  const columns = new Map(spec.columns.map((name) => [name, []]));
  const errors = { Count: [] };
  merged.digests(`${column}.digest`, metric.compression, 0).forEach((digest, group) => {
    const counts = binCounts(digest.centroids, edges);
    const bounds = binErrors(digest, edges, metric.compression);
    counts.forEach((count, bin) => {
      for (const name of spec.by) columns.get(name).push(keys.get(name)[group]);
      columns.get("From").push(edges[bin]);
      columns.get("To").push(edges[bin + 1]);
      columns.get("Count").push(count);
      errors.Count.push(bounds[bin]);
    });
  });
  return laidOut(spec, columns.get("Count").length, columns, { errors });
}

/** A point is drawn where it is far enough from the last one drawn, as in the panel's own table. */
function spacedPoints(curve, step) {
  const kept = [];
  const height = curve.y.reduce((most, y) => Math.max(most, y), 1);
  curve.x.forEach((x, place) => {
    const last = kept[kept.length - 1];
    const away = (at) => Math.max(Math.abs(x - curve.x[at]), Math.abs(curve.y[place] - curve.y[at]) / height);
    if (kept.length === 0 || away(last) >= step || place === curve.x.length - 1) kept.push(place);
  });
  return kept;
}

/** Points of one kind of curve, of each group. */
function curveRows(opened, spec, allowed) {
  const { kind, x, y, property, step } = spec.curve;
  const metric = opened.header.metrics[spec.metric];
  const merged = opened.merged(spec, spec.by, allowed);
  const keys = keyValues(opened, spec.by, merged.groups);
  const outside = merged.sum(`${property}.losses_outside`);
  const columns = new Map(spec.columns.map((name) => [name, []]));
  const errors = [];
  scoreDigests(metric, merged, property).forEach((digest, group) => {
    const curve = curveOf(kind, digest.centroids, outside[group] > 0);
    const bounds = curveErrors(kind, digest, outside[group] > 0, curve);
    const kept = curve.n === null ? spacedPoints(curve, step) : curve.x.map((_, place) => place);
    for (const place of kept) {
      for (const name of spec.by) columns.get(name).push(keys.get(name)[group]);
      columns.get("Point").push(place + 1);
      if (columns.has("Count")) columns.get("Count").push(curve.n === null ? null : curve.n[place]);
      columns.get(x).push(curve.x[place]);
      columns.get(y).push(curve.y[place]);
      errors.push(bounds[place]);
    }
  });
  return laidOut(spec, errors.length, columns, { errors: { [y]: errors } });
}

const ROWS_OF = { scores: scoreRows, funnel: funnelRows, histogram: histogramRows, curve: curveRows };
