/* What the pointer is over, in a box of plain text beside it. */

/**
 * Show what a mark stands for.
 * @param {MouseEvent} event where the pointer is
 * @param {Array<[string, string]>|null} pairs names and texts; null hides the box
 */
function hint(event, pairs) {
  const box = place("hint");
  if (pairs === null) return visible(box, false);
  const list = pairs.flatMap(([name, text]) => [element("dt", {}, name), element("dd", { dir: "auto" }, text)]);
  box.replaceChildren(element("dl", {}, ...list));
  visible(box, true);
  const { width, height } = box.getBoundingClientRect();
  const [right, below] = [event.clientX + 14, event.clientY + 14];
  box.style.left = `${Math.max(4, right + width > innerWidth ? event.clientX - width - 10 : right)}px`;
  box.style.top = `${Math.max(4, below + height > innerHeight ? event.clientY - height - 10 : below)}px`;
  return undefined;
}
