/* The course of a key number as a small line, with a text for those who do not see it. */

const SPARK = { width: 132, height: 34, margin: 3 };
const MOST_POINTS = 60;

/**
 * Draw a trend; null where there are fewer than two values.
 * @param {Array<[string, number|null]>} days each with its value, oldest first
 * @param {string} unit of the values
 */
function sparkline(days, unit) {
  const each = Math.ceil(days.length / MOST_POINTS);
  const trend = means(days, each);
  const values = trend.map((point) => point[1]).filter((value) => value !== null);
  if (values.length < 2) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const position = positions(trend.length, low, high);
  const last = trend.findLastIndex((point) => point[1] !== null);
  return drawing(
    "svg",
    { viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, class: "spark", role: "img", "aria-label": told(days, each, [low, high].map((value) => shown(value, unit))) },
    drawing("path", { class: "spark-line", d: linePath(trend, position) }),
    drawing("circle", { class: "spark-end", cx: position.x(last), cy: position.y(trend[last][1]), r: 2.5 }),
  );
}

function positions(count, low, high) {
  const [width, height] = [SPARK.width - 2 * SPARK.margin, SPARK.height - 2 * SPARK.margin];
  const spread = high - low || 1;
  return {
    x: (at) => (SPARK.margin + (width * at) / Math.max(count - 1, 1)).toFixed(1),
    y: (value) => (SPARK.margin + height * (high === low ? 0.5 : 1 - (value - low) / spread)).toFixed(1),
  };
}

/** A line with a gap where there is no value. */
function linePath(trend, position) {
  let pen = "M";
  const steps = [];
  trend.forEach(([, value], at) => {
    if (value === null) pen = "M";
    else {
      steps.push(`${pen}${position.x(at)} ${position.y(value)}`);
      pen = "L";
    }
  });
  return steps.join("");
}

/** The mean of each so many days, under the first of them; the same where each is one. */
function means(days, each) {
  if (each <= 1) return days;
  const found = [];
  for (let at = 0; at < days.length; at += each) {
    const values = days.slice(at, at + each).map((point) => point[1]).filter((value) => value !== null);
    const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    found.push([days[at][0], mean]);
  }
  return found;
}

function told(days, each, [low, high]) {
  const what = each <= 1 ? "Trend by day" : `Trend, means of ${each} days`;
  return `${what} from ${days[0][0]} to ${days[days.length - 1][0]}: between ${low} and ${high}`;
}
