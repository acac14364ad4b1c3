/* Experiments: arms side by side, which of them is control, and how each compares with it. */

const IS_CONTROL = "this is the control arm";
const CHI2 = ["chi2_stat", "chi2_dof", "chi2_p_val"];
const G = ["g_stat", "g_dof", "g_p_val"];
const ODDS = ["chi2", "g"].map((test) => ["stat", "ci_low", "ci_high"].map((part) => `${test}_odds_ratio_${part}`));

/** Order of texts by code points, as Python orders them. */
function compareTexts(left, right) {
  const a = Array.from(left);
  const b = Array.from(right);
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    if (a[i] !== b[i]) return a[i].codePointAt(0) - b[i].codePointAt(0);
  }
  return a.length - b.length;
}

/** The least of some texts; null of none. */
function leastText(texts) {
  return texts.reduce((least, text) => (least === null || compareTexts(text, least) < 0 ? text : least), null);
}

/**
 * The control arm of each experiment: the declared one, else the one named Control in any case, else the first.
 * @param {{experiment: (string|null), arm: (string|null)}[]} rows
 * @param {string|null} declared
 * @returns {function(string|null): (string|null)}
 */
function controlArms(rows, declared) {
  if (declared !== null) return () => declared;
  const arms = new Map();
  for (const { experiment, arm } of rows) {
    if (experiment === null) continue;
    if (!arms.has(experiment)) arms.set(experiment, []);
    if (arm !== null) arms.get(experiment).push(arm);
  }
  const chosen = new Map();
  for (const [experiment, labels] of arms) {
    const named = labels.filter((label) => label.toLowerCase() === "control");
    chosen.set(experiment, leastText(named.length > 0 ? named : labels));
  }
  return (experiment) => (experiment === null ? null : chosen.get(experiment));
}

/**
 * Put every row beside its trial and its control arm.
 * @param {{experiment: (string|null), arm: (string|null), p: number, n: number, trial: string}[]} rows
 * @param {string|null} declared the label of the control arm
 */
function intoTrials(rows, declared) {
  const controlOf = controlArms(rows, declared);
  const trials = new Map();
  for (const row of rows) {
    row.control = controlOf(row.experiment);
    row.inArm = row.experiment !== null && row.arm !== null;
    row.isControl = row.inArm && row.arm === row.control;
    if (!trials.has(row.trial)) trials.set(row.trial, { arms: [], control: { p: 0, n: 0 } });
    const trial = trials.get(row.trial);
    row.of = trial;
    if (row.inArm) trial.arms.push(row);
    if (row.isControl) {
      trial.control.p += row.p;
      trial.control.n += row.n;
    }
  }
  for (const trial of trials.values()) Object.assign(trial, testsOf(trial.arms));
}

/** The tests of a whole trial. */
function testsOf(arms) {
  const there = arms.filter((arm) => arm.p + arm.n > 0);
  return {
    there,
    positives: arms.reduce((sum, arm) => sum + arm.p, 0),
    negatives: arms.reduce((sum, arm) => sum + arm.n, 0),
    chi2: lazily(() => pearson(arms)),
    g: lazily(() => gTest(arms)),
    v: lazily(() => cramersV(arms)),
  };
}

/** Why a row is in no arm; null where it is in one. */
function inNoArm(design, row) {
  if (row.experiment === null && row.arm === null) return `in no arm: no ${design.name} and no ${design.group}`;
  if (row.experiment === null) return `in no arm: no ${design.name}`;
  return row.arm === null ? `in no arm: no ${design.group}` : null;
}

/** Why a test of the whole trial has no value. */
function noTest(design, row) {
  const trial = row.of;
  const nowhere = inNoArm(design, row);
  if (nowhere !== null) return nowhere;
  if (trial.there.length === 0) return "no offers in any arm";
  if (trial.there.length === 1) return `no offers in any arm but ${trial.there[0].arm}`;
  if (trial.positives === 0) return "no positive in any arm";
  return trial.negatives === 0 ? "no negative in any arm" : null;
}

/** Says which of an arm and its control lacks something. */
function lacksBeside(row, what, count, { both = true, arm = true, control = true } = {}) {
  const mine = count(row) === 0;
  const other = count(row.of.control) === 0;
  if (both && mine && other) return `${what} in arms ${row.arm} and ${row.control}`;
  if (arm && mine) return `${what} in arm ${row.arm}`;
  return control && other ? `${what} in arm ${row.control}` : null;
}

const COUNT = (arm) => arm.p + arm.n;
const POSITIVES = (arm) => arm.p;
const NEGATIVES = (arm) => arm.n;
const BOTH_ONLY = { arm: false, control: false };

/** Why an arm cannot be compared with control, whatever its outcomes. */
function noPair(design, row) {
  return inNoArm(design, row) || (row.isControl ? IS_CONTROL : lacksBeside(row, "no offers", COUNT));
}

/** Why Fisher's test is not needed: no expected count is below 5. */
function largeEnough(row) {
  const { control } = row.of;
  const fewest = Math.min(COUNT(row), COUNT(control)) * Math.min(row.p + control.p, row.n + control.n);
  if (fewest < 5 * (COUNT(row) + COUNT(control))) return null;
  return `every expected count of arms ${row.arm} and ${row.control} is at least 5`;
}

/** Why a score has no value, by score. */
function experimentReasons(design, rows) {
  const z = (row) =>
    noPair(design, row) ||
    lacksBeside(row, "no positive", POSITIVES, BOTH_ONLY) ||
    lacksBeside(row, "no negative", NEGATIVES, BOTH_ONLY);
  const odds = (row) =>
    noPair(design, row) || lacksBeside(row, "no positive", POSITIVES) || lacksBeside(row, "no negative", NEGATIVES);
  const interval = (row) => noPair(design, row) || lacksBeside(row, "no positive", POSITIVES);
  const controlOnly = { both: false, arm: false };
  const rules = {
    z_score: z,
    z_p_val: z,
    fisher_p_val: (row) => z(row) || largeEnough(row),
    CTR: (row) => (COUNT(row) === 0 ? "no offers" : null),
    Lift: (row) => noPair(design, row) || lacksBeside(row, "no positive", POSITIVES, controlOnly),
    Lift_CI_Low: interval,
    Lift_CI_High: interval,
  };
  for (const name of [...CHI2, ...G, "cramers_v"]) rules[name] = (row) => noTest(design, row);
  for (const name of ODDS.flat()) rules[name] = odds;
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, (at) => rule(rows[at])]));
}

/** How every score is computed. */
function experimentFormulas(rows) {
  const whole = (of) => (at) => {
    const row = rows[at];
    return row.inArm ? of(row.of) : [NaN, NaN, NaN];
  };
  const compared = (of) => (at) => {
    const row = rows[at];
    return row.inArm && !row.isControl ? of(row, row.of.control) : [NaN, NaN, NaN];
  };
  return [
    [["Count"], (at) => [COUNT(rows[at])]],
    [["Positives"], (at) => [rows[at].p]],
    [["Negatives"], (at) => [rows[at].n]],
    [CHI2, whole((trial) => trial.chi2())],
    [G, whole((trial) => trial.g())],
    [["z_score", "z_p_val"], compared(twoProportionZ)],
    [ODDS[0], compared(oddsRatio)],
    [ODDS[1], compared(oddsRatio)],
    [["fisher_p_val"], compared((arm, control) => [fisherExact(arm, control)])],
    [["cramers_v"], whole((trial) => [trial.v()])],
    [["CTR"], (at) => [divide(rows[at].p, COUNT(rows[at]))]],
    [["Lift"], compared((arm, control) => [lift(arm, control)])],
    [["Lift_CI_Low", "Lift_CI_High"], compared(liftInterval)],
  ];
}

/**
 * Scores of an experiment: one row for each group and arm.
 * @param {object} metric with `design`: the columns that name experiment and arm, and the declared control
 * @param {Merged} merged by the dimensions asked for, then those two columns
 * @param {string[]} by the dimensions of `merged`, in its order
 * @param {object} labels texts by code, of both columns; null where missing or empty
 */
function experimentScores(metric, merged, by, labels, wanted) {
  const { design } = metric;
  const codes = (name, at) => merged.groups.keys[by.indexOf(name)][at];
  const trialKeys = by.filter((name) => name !== design.group);
  const [positives, negatives] = ["Positives", "Negatives"].map((name) => merged.sum(name));
  const rows = Array.from({ length: merged.size }, (_, at) => ({
    experiment: labels[design.name][codes(design.name, at)],
    arm: labels[design.group][codes(design.group, at)],
    trial: trialKeys.map((name) => codes(name, at)).join(","),
    p: positives[at],
    n: negatives[at],
  }));
  intoTrials(rows, design.control);
  const found = evaluated(rows.length, wanted, experimentFormulas(rows), experimentReasons(design, rows));
  found.controls = rows.map((row) => row.control);
  return found;
}
