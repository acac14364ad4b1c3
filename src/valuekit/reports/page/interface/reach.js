/* How far axes reach under the filter of the moment, as valuekit.reports.charts.reach tells. */

const REACH_STEPS = 10;
const FENCE = 3;
const FLAT = 2;
const FEWEST_SURE = 0.05;
const LIFT_START = 0.02;
const TINY = 1e-9;

/**
 * The scales that must be told where they end.
 * @param {Array<Object>} axes as embedded: scale, columns, of, also, always, log, kind, name, alone
 * @param {Array<Object>} rows of all that is drawn on them
 * @returns {Array<Object>} of those the axis, and `ends`
 */
function reached(axes, rows) {
  const sure = sureRows(rows);
  return axes.map((axis) => ({ axis, ends: endsOf(axis, rows, sure) })).filter((one) => one.ends !== null);
}

/** The rows that rest on enough cases; null where these are hardly any. */
function sureRows(rows) {
  const sure = rows.filter((row) => !row.low);
  return sure.length === rows.length || (sure.length > 0 && sure.length >= FEWEST_SURE * rows.length) ? sure : null;
}

/** Set the ends of scales in a specification. */
function endScales(spec, found) {
  for (const { axis, ends } of found) {
    for (const scale of scalesOf(spec, axis.scale)) {
      Object.assign(scale, { domainMin: ends[0], domainMax: ends[1], clamp: true });
      if (axis.kind !== "exact" && axis.scale !== "size") scale.nice = false;
    }
  }
}

/** What lies beyond the axes, in words; null where nothing need be said. */
function beyondText(found, rows) {
  const told = found.filter(({ axis }) => axis.of.length > 0);
  if (told.length === 0) return null;
  const lies = ({ axis, ends }, row) => axis.of.some((name) => isNumber(row[name]) && !(ends[0] <= row[name] && row[name] <= ends[1]));
  const count = rows.filter((row) => told.some((one) => lies(one, row))).length;
  const lie = `${counted(count, "row")} ${count === 1 ? "lies" : "lie"} beyond`;
  if (told.some(({ axis }) => axis.kind === "boxes")) return count === 0 ? null : `Arrows: Min or Max of ${lie} the axis; the table has them.`;
  if (told.some(({ axis }) => axis.kind === "lift")) return count === 0 ? null : `Axis scaled without the first ${100 * LIFT_START} % of offers: ${lie}.`;
  const names = [...new Set(told.map(({ axis }) => axis.name))].join(" and ");
  if (sureRows(rows) === null) return `${capitalized(names)} scaled without intervals: hardly any row is of enough cases.`;
  return `${capitalized(names)} scaled without low n${count === 0 ? "" : `: ${lie}`}.`;
}

function* scalesOf(unit, name) {
  for (const scale of unit.scales || []) if (scale.name === name) yield scale;
  const encoding = unit.encoding?.[name];
  if (encoding?.type === "quantitative" && encoding.scale) yield encoding.scale;
  for (const layer of unit.layer || []) yield* scalesOf(layer, name);
}

function endsOf(axis, rows, sure) {
  if (axis.kind === "lift") return settledEnds(axis, rows);
  const always = extentOf(axis, rows, axis.always) || [];
  const whole = extentOf(axis, rows, axis.columns, always);
  const chosen = sure === null && axis.alone.length > 0 ? axis.alone : axis.columns;
  const exact = boxEnds(axis, sure ?? rows) || extentOf(axis, sure ?? rows, chosen, always);
  if (whole === null || exact === null) return null;
  const ends = axis.kind === "exact" ? exact : roundEnds(exact, axis.log);
  return ends[0] <= whole[0] && whole[1] <= ends[1] ? null : ends;
}

/** The least and the greatest number of columns, with what the axis shows anyway. */
function extentOf(axis, rows, names = axis.columns, also = []) {
  const numbers = rows.flatMap((row) => names.map((name) => row[name])).filter((value) => isNumber(value) && (!axis.log || value > 0));
  return numbers.length === 0 ? null : spread([...numbers, ...axis.also, ...also]);
}

/** The ends of whiskers as far as the fences; null where far-off numbers do no harm, and for other kinds. */
function boxEnds(axis, rows) {
  if (axis.kind !== "boxes") return null;
  const whole = extentOf(axis, rows);
  const [least, first, , third, most] = axis.columns;
  const boxes = rows.filter((row) => axis.columns.every((name) => isNumber(row[name])));
  if (whole === null || boxes.length === 0) return null;
  const fence = (row) => FENCE * (row[third] - row[first]);
  const ends = boxes.flatMap((row) => [Math.max(row[least], row[first] - fence(row)), Math.min(row[most], row[third] + fence(row))]);
  const inside = spread(ends);
  return inside[0] === inside[1] || whole[1] - whole[0] <= FLAT * (inside[1] - inside[0]) ? null : inside;
}

/** The ends of a lift after its start; null where its start does no harm. */
function settledEnds(axis, rows) {
  const [lift, share] = axis.columns;
  const whole = extentOf(axis, rows, [lift]);
  const ends = extentOf(axis, rows.filter((row) => isNumber(row[share]) && row[share] >= LIFT_START), [lift]);
  return whole === null || ends === null || whole[1] <= FLAT * ends[1] ? null : roundEnds(ends, false);
}

function roundEnds([least, most], isLog) {
  if (isLog) return [roundStep(least, false), roundStep(most, true)];
  if (least === most) {
    const half = Math.abs(least) / 2 || 1;
    return roundEnds([least - half, most + half], false);
  }
  const step = roundStep((most - least) / REACH_STEPS, true);
  return [unnoised(Math.floor(least / step + TINY) * step), unnoised(Math.ceil(most / step - TINY) * step)];
}

/** The next one, two or five times a power of ten. */
function roundStep(value, up) {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((times) => unnoised(times * power));
  if (up) return steps.find((step) => step >= value * (1 - TINY)) ?? steps[3];
  return steps.reverse().find((step) => step <= value * (1 + TINY)) ?? steps[3];
}

/** Without the noise of binary fractions. */
function unnoised(value) {
  return Number(value.toPrecision(12));
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function spread(numbers) {
  return numbers.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
}
