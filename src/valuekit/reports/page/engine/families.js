/* Engagement and conversion: from merged counts and moments to scores. */

/** Says which of the two arms lacks something: a text, or null where neither does. */
function lacksIn(metric, what, test, control) {
  if (test && control) return `${what} in arms ${metric.test} and ${metric.control}`;
  if (test) return `${what} in arm ${metric.test}`;
  return control ? `${what} in arm ${metric.control}` : null;
}

/** Positives and negatives of each row, of all offers (no suffix) or of an arm. */
function countsOf(merged, suffix) {
  const positives = merged.sum(`Positives${suffix}`);
  const negatives = merged.sum(`Negatives${suffix}`);
  return (row) => ({ p: positives[row], n: negatives[row] });
}

/** The formulas of a rate, with its interval and lift. */
function rateFormulas(metric, merged) {
  const rate = metric.rate;
  const all = countsOf(merged, "");
  const arms = () => [countsOf(merged, "_Test"), countsOf(merged, "_Control")];
  const compared = (formula) => {
    const of = lazily(arms);
    return (row) => formula(of()[0](row), of()[1](row));
  };
  return [
    [["Count"], (row) => [all(row).p + all(row).n]],
    [["Positives"], (row) => [all(row).p]],
    [["Negatives"], (row) => [all(row).n]],
    [[rate], (row) => [divide(all(row).p, all(row).p + all(row).n)]],
    [["StdErr"], (row) => [rateError(all(row).p, all(row).n)]],
    [[`${rate}_CI_Low`, `${rate}_CI_High`], (row) => wilson(all(row).p, all(row).n)],
    [["Lift"], compared((test, control) => [lift(test, control)])],
    [["Lift_CI_Low", "Lift_CI_High"], compared(liftInterval)],
    [["Lift_Z_Score", "Lift_P_Val"], compared(twoProportionZ)],
  ];
}

/** Make something when it is first needed. */
function lazily(make) {
  let made = null;
  return () => {
    if (made === null) made = make();
    return made;
  };
}

/** Why a score of a rate has no value. */
function rateReasons(metric, merged) {
  const rate = metric.rate;
  const all = countsOf(merged, "");
  const arms = lazily(() => [countsOf(merged, "_Test"), countsOf(merged, "_Control")]);
  const nobody = (row) => (all(row).p + all(row).n === 0 ? "no offers" : null);
  const lacks = (what, count) => (row) => {
    const [test, control] = arms().map((of) => count(of(row)) === 0);
    return lacksIn(metric, what, test, control);
  };
  const empty = lacks("no offers", (arm) => arm.p + arm.n);
  const noPositive = lacks("no positive", (arm) => arm.p);
  const both = (what, count) => (row) => {
    const none = arms().every((of) => count(of(row)) === 0);
    return lacksIn(metric, what, none, none);
  };
  const controlOnly = (row) => lacksIn(metric, "no positive", false, arms()[1](row).p === 0);
  const first = (...rules) => (row) => rules.reduce((said, rule) => (said === null ? rule(row) : said), null);
  const noInterval = first(empty, noPositive);
  const noTest = first(empty, both("no positive", (arm) => arm.p), both("no negative", (arm) => arm.n));
  return {
    ...Object.fromEntries([rate, "StdErr", `${rate}_CI_Low`, `${rate}_CI_High`].map((name) => [name, nobody])),
    Lift: first(empty, controlOnly),
    Lift_CI_Low: noInterval,
    Lift_CI_High: noInterval,
    Lift_Z_Score: noTest,
    Lift_P_Val: noTest,
  };
}

/** Scores of an engagement metric: one row a group. */
function engagementScores(metric, merged, wanted) {
  return evaluated(merged.size, wanted, rateFormulas(metric, merged), rateReasons(metric, merged));
}

/** One row of moments. */
function sampleOf(merged, arm) {
  const moments = lazily(() => merged.moments(`Revenue_${arm}`));
  return (row) => ({ n: moments().n[row], mean: moments().mean[row], m2: moments().m2[row] });
}

/** Scores of a conversion metric: one row a group. */
function conversionScores(metric, merged, wanted) {
  const [all, test, control] = ["All", "Test", "Control"].map((arm) => sampleOf(merged, arm));
  const sums = (name) => lazily(() => merged.sum(name));
  const revenue = sums("Revenue_All_sum");
  const touchpoints = sums("Touchpoints");
  const incremental = ["IncrementalRevenue", "IncrementalRevenue_CI_Low", "IncrementalRevenue_CI_High"];
  const formulas = [
    ...rateFormulas(metric, merged),
    [["Revenue"], (row) => [revenue()[row]]],
    [["RevenuePerOffer"], (row) => [all(row).mean]],
    [["RevenuePerOffer_StdErr"], (row) => [Math.sqrt(squaredError(all(row)))]],
    [incremental, (row) => incrementalTotal(test(row), control(row))],
    [["Touchpoints"], (row) => [touchpoints()[row]]],
  ];
  const few = (row) => lacksIn(metric, "fewer than two offers", test(row).n < 2, control(row).n < 2);
  const why = {
    ...rateReasons(metric, merged),
    RevenuePerOffer: (row) => (all(row).n === 0 ? "no offers" : null),
    RevenuePerOffer_StdErr: (row) => ["no offers", "fewer than two offers"][all(row).n] || null,
    ...Object.fromEntries(incremental.map((name) => [name, few])),
  };
  return evaluated(merged.size, wanted, formulas, why);
}
