/* A specification for the rows and the room of the moment: names that are left, axes of all frames, the width there is. */

const PADDING = 20;
const LETTER = 5.9;
const SYMBOL = 32;

/**
 * Fit a Vega-Lite specification; it is changed.
 * @param {Object} spec as embedded, laid out for `size.built` pixels
 * @param {Array<Object>} rows that are drawn
 * @param {Array<Object>} all rows of all frames, for axes that frames have in common; null where there are no frames
 * @param {{built: number, width: number, rows: number, found: Array<Object>}} size pixels it was laid out for, pixels
 *   there are, rows it had, and scales that end before their numbers do
 */
function fitted(spec, rows, all, size) {
  const inner = spec.spec || spec;
  endScales(inner, size.found);
  eachEncoding(inner, (channel, encoding) => {
    if (encoding.legend?.columns) encoding.legend.columns = legendColumns(encoding.legend, encoding.scale.domain, size.width);
    if (all !== null && encoding.type === "quantitative") commonAxis(channel, encoding, all);
  });
  shortened(inner, rows, size);
  if (spec.spec === undefined) spec.width = size.width;
  else {
    const columns = spec.columns || distinct(rows, spec.facet.column.field).length || 1;
    inner.width += Math.floor((size.width - size.built) / columns);
  }
  return spec;
}

/** Fit a Vega specification, whose sizes are signals. */
function fittedVega(spec, size) {
  spec.width = size.width - PADDING;
  endScales(spec, size.found);
  for (const legend of spec.legends || []) {
    const scale = spec.scales.find((one) => one.name === legend.fill);
    if (legend.columns) legend.columns = legendColumns(legend, scale.domain, size.width);
  }
  return spec;
}

/** How many names of a legend stand side by side. */
function legendColumns(legend, names, width) {
  const longest = Math.max(...names.map((name) => name.length), 1) * LETTER;
  const room = Math.min(longest, legend.labelLimit) + SYMBOL;
  return Math.max(1, Math.min(names.length, Math.floor((width - 2 * PADDING) / room)));
}

/** Call for every encoding of a unit and its layers. */
function eachEncoding(unit, call) {
  for (const [channel, encoding] of Object.entries(unit.encoding || {})) call(channel, encoding);
  for (const layer of unit.layer || []) eachEncoding(layer, call);
}

/** The extent of all frames, as a position or a size. */
function commonAxis(channel, encoding, all) {
  if (!["x", "y", "size"].includes(channel) || encoding.field === undefined) return;
  const isLog = encoding.scale?.type === "log";
  const values = all.map((row) => row[encoding.field]).filter((value) => typeof value === "number" && (!isLog || value > 0));
  if (values.length === 0) return;
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  encoding.scale = { ...encoding.scale, domain: [channel === "size" ? 0 : least, most] };
}

/** Leave out names without rows, and as much height. */
function shortened(unit, rows, size) {
  const left = new Map();
  eachEncoding(unit, (channel, encoding) => {
    const domain = encoding.scale?.domain;
    if (channel === "y" && encoding.field === "at") left.set("y", rows.length / Math.max(size.rows, 1));
    if (!["x", "y"].includes(channel) || !Array.isArray(domain) || typeof domain[0] !== "string") return;
    const present = new Set(rows.map((row) => row[encoding.field]));
    const kept = domain.filter((name) => present.has(name));
    if (kept.length === 0) return;
    left.set(channel, kept.length / domain.length);
    encoding.scale = { ...encoding.scale, domain: kept };
    if (encoding.axis?.values) encoding.axis = { ...encoding.axis, values: thinned(kept, encoding.axis.values.length) };
  });
  if (left.has("y") && typeof unit.height === "number") unit.height = Math.max(24, Math.round(unit.height * left.get("y")));
}

/** At most so many names of an axis, evenly apart. */
function thinned(names, most) {
  const step = Math.ceil(names.length / most);
  return names.filter((_, at) => at % step === 0);
}

function distinct(rows, field) {
  return [...new Set(rows.map((row) => row[field]))];
}
